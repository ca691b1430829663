package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.RunnerApp;
import java.nio.file.Path;
import java.util.List;
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

    private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)[^}]*}|(\\w+))");

    /** The labels of which panels show each value as a line or row of its own; there may be thousands. */
    private static final Pattern BY_MANY =
            Pattern.compile("by \\([^)]*\\b(region|model_id|job_id|instance|code|uri)\\b[^)]*\\)");

    private static Set<String> exported;

    /** The names on a scrape of the real service, before anything has happened. */
    @BeforeAll
    static void scrape() {
        try (RunnerApp app = RunnerApp.fresh()) {
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
            Map<?, ?> defaults = (Map<?, ?>) ((Map<?, ?>) panel.get("fieldConfig")).get("defaults");
            assertThat(defaults.get("unit")).as("unit").asString().isNotBlank();
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
        List<Place> places = dashboard.placed().stream().map(Place::of).toList();
        assertThat(places).allSatisfy(place -> {
            assertThat(place.w()).isPositive();
            assertThat(place.h()).isPositive();
            assertThat(place.x()).isNotNegative();
            assertThat(place.x() + place.w()).isLessThanOrEqualTo(24);
            assertThat(places).filteredOn(place::overlaps).containsExactly(place);
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
    void whatThereMayBeThousandsOfIsCutToTheTop(Dashboard dashboard) {
        assertThat(dashboard.panels())
                .flatExtracting(Dashboard::targets)
                .extracting(target -> target.get("expr").toString())
                .filteredOn(expression -> BY_MANY.matcher(expression).find())
                .isNotEmpty()
                .allMatch(expression -> expression.contains("topk("));
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void aJobLeadsToTheApiAndToItsTraces(Dashboard dashboard) {
        assertThat(dashboard.urls())
                .anyMatch(link -> link.startsWith("${api:raw}/api/v1/jobs/${"))
                .anyMatch(link -> link.startsWith("${traces:raw}${"));
    }
}
