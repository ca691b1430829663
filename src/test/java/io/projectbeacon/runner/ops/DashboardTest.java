package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.RunnerApp;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DashboardTest {

    private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)[^}]*}|([a-z_]\\w*))");

    /** The labels of which panels show each value as a line or row of its own; there may be thousands. */
    private static final Pattern BY_MANY =
            Pattern.compile("by \\([^)]*\\b(region|model_id|job_id|instance|code|uri)\\b[^)]*\\)");

    private static final Map<String, String> COLOURS = Map.of(
            "completed", "green",
            "failed", "red",
            "unknown", "purple",
            "cancelled", "#8e8e8e",
            "partial", "orange");

    /** What counts cells and jobs that ended, by their status. */
    private static final Set<String> FINISHED = Set.of(
            "beacon_executions_total",
            "beacon_jobs_total",
            "region_model_status:executions:increase10m",
            "region_status:executions:increase10m",
            "status:jobs:increase10m");

    private static Set<String> exported;

    /** The names on a scrape of the real service, before anything has happened; one region has every bound. */
    @BeforeAll
    static void scrape() {
        try (RunnerApp app = RunnerApp.fresh("--beacon.regions.us-east.max-in-flight-total=10")) {
            exported = app.scrape()
                    .lines()
                    .filter(line -> line.startsWith("# TYPE "))
                    .map(line -> line.split(" ")[2])
                    .collect(Collectors.toSet());
        }
    }

    static Stream<Path> filesWithMetrics() {
        return Stream.of(OpsFiles.rules(), OpsFiles.ruleTests(), OpsFiles.dashboards())
                .flatMap(List::stream);
    }

    @ParameterizedTest
    @MethodSource("filesWithMetrics")
    void everyMetricThatOpsNamesIsOneTheServiceExports(Path file) {
        assertThat(OpsFiles.expressions(file)).isNotEmpty();
        // Some tests are about requests or starts only, whose metrics are Spring's.
        assertThat(OpsFiles.expressions(file).stream().flatMap(expression -> OpsFiles.metricNames(expression).stream()))
                .allMatch(name ->
                        exported.contains(name) || exported.contains(name.replaceAll("_(bucket|sum|count)$", "")));
    }

    static List<Dashboard> dashboards() {
        return Dashboard.all();
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void everyPanelSaysWhatItShowsInWhichUnitAndAsksTheChosenDataSource(Dashboard dashboard) {
        assertThat(dashboard.panels()).isNotEmpty().allSatisfy(panel -> {
            assertThat(panel.get("title")).as("title").asString().isNotBlank();
            assertThat(panel.get("description")).as("description").asString().isNotBlank();
            assertThat(panel.get("datasource")).as("data source").hasToString("{type=prometheus, uid=${datasource}}");
            assertThat(Dashboard.defaults(panel).get("unit"))
                    .as("unit")
                    .asString()
                    .isNotBlank();
            assertThat(Dashboard.targets(panel)).isNotEmpty().allSatisfy(target -> {
                assertThat(target.get("expr")).as("query").asString().isNotBlank();
                assertThat(target.get("datasource")).as("its data source").isEqualTo(panel.get("datasource"));
            });
            assertThat(Dashboard.targets(panel))
                    .extracting(target -> target.get("refId"))
                    .as("names of the queries")
                    .doesNotContainNull()
                    .doesNotHaveDuplicates();
        });
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void grafanaTakesTheFileForADashboardOfItsOwnVersion(Dashboard dashboard) {
        assertThat((Integer) dashboard.root().get("schemaVersion")).isGreaterThanOrEqualTo(39);
        // A provisioned file with an id would replace the dashboard that has that id in Grafana's database.
        assertThat(dashboard.root().get("id")).isNull();
        assertThat(dashboard.root().get("uid")).asString().matches("[a-z-]{1,40}");
        assertThat(dashboard.placed())
                .extracting(panel -> panel.get("id"))
                .doesNotContainNull()
                .doesNotHaveDuplicates();
    }

    @Test
    void dashboardsHaveNamesOfTheirOwn() {
        assertThat(Dashboard.all())
                .extracting(dashboard -> dashboard.root().get("uid"))
                .hasSize(2)
                .doesNotHaveDuplicates();
        assertThat(Dashboard.all())
                .extracting(dashboard -> dashboard.root().get("title").toString())
                .containsExactly("Duplicates", "Runner");
    }

    private record Place(Object title, int x, int y, int w, int h) {
        static Place of(Map<?, ?> panel) {
            Map<?, ?> at = (Map<?, ?>) panel.get("gridPos");
            return new Place(
                    panel.get("title"), (int) at.get("x"), (int) at.get("y"), (int) at.get("w"), (int) at.get("h"));
        }

        boolean overlaps(Place other) {
            return x < other.x + other.w && other.x < x + w && y < other.y + other.h && other.y < y + h;
        }
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void noPanelLiesOnAnotherOrBeyondTheEdge(Dashboard dashboard) {
        assertThat(dashboard.layers()).allSatisfy(layer -> {
            List<Place> places = layer.stream().map(Place::of).toList();
            assertThat(places).allSatisfy(place -> {
                assertThat(place.w()).isPositive();
                assertThat(place.h()).isPositive();
                assertThat(place.x()).isNotNegative();
                assertThat(place.x() + place.w()).isLessThanOrEqualTo(24);
                assertThat(places).filteredOn(place::overlaps).containsExactly(place);
            });
        });
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void everyVariableInUseIsDefinedAndEveryDefinedOneInUse(Dashboard dashboard) {
        Set<String> defined = dashboard.variables().stream()
                .map(variable -> variable.get("name").toString())
                .collect(Collectors.toSet());
        Set<String> used = VARIABLE.matcher(dashboard.root().toString())
                .results()
                .map(DashboardTest::variable)
                .filter(name -> !name.startsWith("__"))
                .collect(Collectors.toSet());
        assertThat(used).isEqualTo(defined);
    }

    private static String variable(MatchResult use) {
        return use.group(1) == null ? use.group(2) : use.group(1);
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void whatThereMayBeThousandsOfIsCutToTheTopOrCounted(Dashboard dashboard) {
        assertThat(dashboard.panels())
                .flatExtracting(Dashboard::targets)
                .extracting(target -> target.get("expr").toString())
                .filteredOn(expression -> BY_MANY.matcher(expression).find())
                .isNotEmpty()
                .allMatch(expression -> expression.contains("topk(") || expression.startsWith("count("));
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void everyQueryKeepsTheNamespaceAndFindsSeriesThatHaveNone(Dashboard dashboard) {
        assertThat(dashboard.expressions())
                .filteredOn(expression -> !expression.matches("label_values\\(.*, namespace\\)"))
                .isNotEmpty()
                .allSatisfy(expression -> assertThat(
                                PromQl.metricsWithout("namespace=~\"$namespace\"", onlyPromQl(expression)))
                        .as(expression)
                        .isEmpty());
        assertThat(dashboard.variables())
                .filteredOn(variable -> "namespace".equals(variable.get("name")))
                .singleElement()
                .satisfies(variable -> assertThat(variable.get("allValue")).isEqualTo(".*"));
    }

    private static String onlyPromQl(String query) {
        return query.replaceFirst("^label_values\\((.*), \\w+\\)$", "$1")
                .replace("$price", "1")
                .replaceAll("\\$__\\w+", "5m");
    }

    /** The colours that mean something are given by name, so that no palette deals them out by chance. */
    @Test
    void aStatusHasItsColourOnEveryPanelThatShowsIt() {
        assertThat(Dashboard.all().stream().flatMap(dashboard -> dashboard.panels().stream()))
                .filteredOn(panel -> Dashboard.targets(panel).stream()
                        .map(target -> target.get("expr").toString())
                        .anyMatch(expression -> expression.contains("by (status)")
                                && PromQl.metrics(expression).stream().anyMatch(FINISHED::contains)))
                .isNotEmpty()
                .allSatisfy(panel -> assertThat(panel.get("fieldConfig").toString())
                        .as(panel.get("title").toString())
                        .contains(colours()));
    }

    private static List<String> colours() {
        return COLOURS.entrySet().stream()
                .map(colour ->
                        "{matcher={id=byName, options=%s}, properties=[{id=color, value={mode=fixed, fixedColor=%s}}]}"
                                .formatted(colour.getKey(), colour.getValue()))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void onlyOurOwnAlertsAreShownAndAllOfThem(Dashboard dashboard) {
        assertThat(dashboard.variables())
                .filteredOn(variable -> "alerts".equals(variable.get("name")))
                .singleElement()
                .satisfies(
                        variable -> assertThat(variable.get("query").toString().split("\\|"))
                                .containsExactlyElementsOf(AlertRule.all().stream()
                                        .map(AlertRule::name)
                                        .sorted()
                                        .toList()));
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void theRunbookIsWhereTheAlertsFindIt(Dashboard dashboard) {
        assertThat(dashboard.variables())
                .filteredOn(variable -> "runbook".equals(variable.get("name")))
                .singleElement()
                .satisfies(variable -> assertThat(AlertRule.all())
                        .allSatisfy(alert -> assertThat(alert.annotations().get("runbook_url"))
                                .isEqualTo(variable.get("query") + "#"
                                        + alert.name().toLowerCase(Locale.ROOT))));
        assertThat(dashboard.urls()).contains("${runbook:raw}");
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void aJobLeadsToTheApiAndToItsTraces(Dashboard dashboard) {
        assertThat(dashboard.urls())
                .anyMatch(link -> link.startsWith("${api:raw}/api/v1/jobs/${"))
                .anyMatch(link -> link.startsWith("${traces:raw}${"));
    }
}
