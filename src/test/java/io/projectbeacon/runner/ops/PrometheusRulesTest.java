package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PrometheusRulesTest {

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
    void everyAlertHasTests() {
        List<String> tested = OpsFiles.ruleTests().stream()
                .flatMap(file -> OpsFiles.expressions(file).stream())
                .toList();
        assertThat(alerts())
                .extracting(alert -> alert.get("alert"))
                .isNotEmpty()
                .allSatisfy(name -> assertThat(tested).anyMatch(expression -> expression.contains("\"" + name + "\"")));
    }

    @Test
    void everyAlertSaysHowBadItIsWhatItMeansAndWhereToReadOn() {
        assertThat(alerts()).isNotEmpty().allSatisfy(alert -> {
            assertThat(map(alert.get("labels")).get("severity")).isIn("warning", "critical");
            Map<?, ?> annotations = map(alert.get("annotations"));
            assertThat(annotations.get("summary")).asString().isNotBlank();
            assertThat(annotations.get("description")).asString().isNotBlank();
            String[] runbook = annotations.get("runbook_url").toString().split("#", 2);
            assertThat(Files.readAllLines(Path.of(runbook[0])))
                    .as("a heading for " + alert.get("alert"))
                    .anyMatch(line -> line.startsWith("## ")
                            && line.substring(3).strip().toLowerCase().equals(runbook[1]));
        });
    }

    private static List<? extends Map<?, ?>> alerts() {
        return OpsFiles.rules().stream()
                .flatMap(file -> list(map(OpsFiles.parse(file)).get("groups")).stream())
                .flatMap(group -> list(map(group).get("rules")).stream())
                .map(PrometheusRulesTest::map)
                .filter(rule -> rule.containsKey("alert"))
                .toList();
    }

    private static Map<?, ?> map(Object node) {
        return (Map<?, ?>) node;
    }

    private static List<?> list(Object node) {
        return (List<?>) node;
    }

    private static void assertThatPromtoolSucceeds(String command, List<Path> files)
            throws IOException, InterruptedException {
        assertThat(files).isNotEmpty();
        assumeTrue(
                isInstalled("promtool"),
                "promtool is not installed: the alerts are not checked here; .ci/install-tools installs it");
        List<String> line = new ArrayList<>(List.of("promtool"));
        line.addAll(List.of(command.split(" ")));
        files.forEach(file -> line.add(file.toString()));
        Process promtool = new ProcessBuilder(line).redirectErrorStream(true).start();
        promtool.getOutputStream().close();
        String output = new String(promtool.getInputStream().readAllBytes());
        assertThat(promtool.waitFor()).as(output).isZero();
    }

    private static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(Pattern.quote(File.pathSeparator)))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
