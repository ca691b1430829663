package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.Tools;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PrometheusRulesTest {

    private static final Path RUNBOOK = Path.of("docs", "runbook.md");

    /** Its expression is agreed on, letter by letter; {@code HighDuplicateShare} stands beside it. */
    private static final String WITHOUT_NAMESPACE = "HighDuplicateDetectionRate";

    @Test
    void promtoolAcceptsTheConfigurationAndTheRulesItNames() throws Exception {
        assertThatPromtoolSucceeds("check config", List.of(OpsFiles.PROMETHEUS.resolve("prometheus.yml")));
    }

    @Test
    void promtoolAcceptsTheRules() throws Exception {
        assertThatPromtoolSucceeds("check rules", OpsFiles.rules());
    }

    @Test
    void theAlertsFireAndStaySilentAsTheirTestsSay() throws Exception {
        assertThatPromtoolSucceeds("test rules", OpsFiles.ruleTests());
    }

    @Test
    void everyAlertIsSeenToFireAndToBeSilentByTestsOfItsOwn() {
        assertThat(AlertRule.all()).isNotEmpty().allSatisfy(alert -> {
            Path file = testsOf(alert);
            assertThat(file).exists();
            assertThat(answersAbout(alert, file))
                    .as("moments in " + file)
                    .contains("0")
                    .containsAnyOf("1", "2");
            assertThat(casesOf(file))
                    .as("an alert_rule_test in " + file + ", which holds labels and texts")
                    .anyMatch(test ->
                            list(test.containsKey("alert_rule_test") ? test.get("alert_rule_test") : List.of()).stream()
                                    .anyMatch(expected ->
                                            alert.name().equals(map(expected).get("alertname"))));
        });
    }

    @Test
    void theHealthyDayIsPlayedToEveryRule() {
        assertThat(map(OpsFiles.parse(OpsFiles.PROMETHEUS.resolve("tests/healthy-day.yml")))
                        .get("rule_files"))
                .isEqualTo(List.of("../rules/*.yml"));
    }

    @Test
    void everyAlertSaysHowBadItIsWhatItMeansAndWhereToReadOn() throws IOException {
        String runbook = Files.readString(RUNBOOK);
        assertThat(AlertRule.all()).isNotEmpty().allSatisfy(alert -> {
            assertThat(alert.severity()).isIn("info", "warning", "critical");
            assertThat(alert.annotations().get("summary")).isNotBlank();
            assertThat(alert.annotations().get("description")).isNotBlank();
            assertThat(section(runbook, alert.name()))
                    .as("the section of the runbook on " + alert.name())
                    .contains("**Means.**", "**Look at.**", "**Do.**");
        });
    }

    /** So that a link can be followed from a chat or a pager, and is changed in one place. */
    @Test
    void everyAlertLinksToTheRunbookAndToADashboardAtTheAddressesOfOneFile() {
        Properties links = OpsFiles.links();
        String runbook = links.getProperty("RUNBOOK_URL");
        String grafana = links.getProperty("GRAFANA_URL");
        assertThat(List.of(runbook, grafana))
                .allSatisfy(url -> assertThat(URI.create(url)).hasScheme("https"));
        Set<String> dashboards = OpsFiles.dashboards().stream()
                .map(file -> map(OpsFiles.parse(file)).get("uid").toString())
                .collect(Collectors.toSet());
        assertThat(AlertRule.all()).isNotEmpty().allSatisfy(alert -> {
            assertThat(alert.annotations().get("runbook_url"))
                    .as("to be written anew by ops/set-links")
                    .isEqualTo(runbook + "#" + alert.name().toLowerCase(Locale.ROOT));
            Matcher dashboard = Pattern.compile(Pattern.quote(grafana + "/d/") + "([^?]+)\\?orgId=1(.*)")
                    .matcher(alert.annotations().get("dashboard_url"));
            assertThat(dashboard.matches())
                    .as(alert.name() + " links to " + grafana + ", written by ops/set-links")
                    .isTrue();
            assertThat(dashboard.group(1)).isIn(dashboards);
            if (!alert.name().equals(WITHOUT_NAMESPACE)) {
                assertThat(dashboard.group(2))
                        .startsWith("{{ with $labels.namespace }}&var-namespace={{ . }}{{ end }}");
            }
        });
    }

    /** A runner in staging must not hide that production has none, nor mix its figures into those of production. */
    @Test
    void everyAggregationKeepsTheNamespace() {
        assertThat(Query.all().filter(query -> query.kind() != Query.Kind.PANEL && query.kind() != Query.Kind.VARIABLE))
                .filteredOn(query -> !query.where().contains(", description")
                        && !query.where().endsWith(", " + WITHOUT_NAMESPACE))
                .isNotEmpty()
                .allSatisfy(query -> {
                    String bare = query.expression().replace("group(absent_over_time(up", "");
                    assertThat(Pattern.compile("\\b(?:sum|max|min|avg|count|group|topk)\\b\\s*(by\\s*\\([^)]*\\)|\\()")
                                    .matcher(bare)
                                    .results()
                                    .map(MatchResult::group))
                            .as(query.where())
                            .allMatch(aggregation -> aggregation.contains("(namespace"));
                    assertThat(Pattern.compile("\\bon\\s*\\([^)]*\\)")
                                    .matcher(bare)
                                    .results()
                                    .map(MatchResult::group))
                            .as(query.where())
                            .allMatch(matching -> matching.contains("(namespace"));
                });
    }

    @Test
    void theRunbookHasNoSectionOfAnAlertThatIsNoMore() throws IOException {
        // A section that is named otherwise is about what is done by hand.
        assertThat(Files.readString(RUNBOOK).lines().filter(line -> line.matches("## (?:[A-Z][a-z]+){2,}")))
                .extracting(line -> line.substring(3))
                .containsExactlyInAnyOrderElementsOf(
                        AlertRule.all().stream().map(AlertRule::name).toList());
    }

    private static String section(String runbook, String name) {
        return Stream.of(runbook.split("(?m)^## "))
                .filter(section -> section.startsWith(name + "\n"))
                .findFirst()
                .orElse("");
    }

    /** The file of an alert's tests: {@code RunnerDown} has its tests in {@code runner-down.yml}. */
    private static Path testsOf(AlertRule alert) {
        String name = alert.name().replaceAll("(?<!^)([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        return OpsFiles.PROMETHEUS.resolve("tests").resolve(name + ".yml");
    }

    /** The numbers of firing alerts of that name that the tests expect. */
    private static List<String> answersAbout(AlertRule alert, Path file) {
        return casesOf(file).stream()
                .flatMap(test ->
                        list(test.containsKey("promql_expr_test") ? test.get("promql_expr_test") : List.of()).stream())
                .map(PrometheusRulesTest::map)
                .filter(moment -> moment.get("expr").toString().contains("alertname=\"" + alert.name() + "\""))
                .map(moment -> map(list(moment.get("exp_samples")).getFirst())
                        .get("value")
                        .toString())
                .toList();
    }

    private static List<Map<String, ?>> casesOf(Path file) {
        return list(map(OpsFiles.parse(file)).get("tests")).stream()
                .map(PrometheusRulesTest::map)
                .toList();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, ?> map(Object node) {
        return (Map<String, ?>) node;
    }

    private static List<?> list(Object node) {
        return (List<?>) node;
    }

    private static void assertThatPromtoolSucceeds(String command, List<Path> files)
            throws IOException, InterruptedException {
        assertThat(files).isNotEmpty();
        Tools.assumeInstalled("promtool");
        List<String> line = new ArrayList<>(List.of("promtool"));
        line.addAll(List.of(command.split(" ")));
        files.forEach(file -> line.add(file.toString()));
        Process promtool = new ProcessBuilder(line).redirectErrorStream(true).start();
        promtool.getOutputStream().close();
        String output = new String(promtool.getInputStream().readAllBytes());
        assertThat(promtool.waitFor()).as(output).isZero();
    }
}
