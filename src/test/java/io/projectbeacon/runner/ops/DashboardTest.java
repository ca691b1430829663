package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.RunnerApp;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DashboardTest {

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
        assertThat(OpsFiles.expressions(file).stream().flatMap(expression -> OpsFiles.metricNames(expression).stream()))
                .isNotEmpty()
                .allMatch(name ->
                        exported.contains(name) || exported.contains(name.replaceAll("_(bucket|sum|count)$", "")));
    }

    static Stream<Path> dashboards() {
        return OpsFiles.dashboards().stream();
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void everyPanelSaysWhatItShowsInWhichUnitAndAsksTheChosenDataSource(Path file) {
        Map<?, ?> dashboard = (Map<?, ?>) OpsFiles.parse(file);
        assertThat((List<?>) dashboard.get("panels")).isNotEmpty().allSatisfy(node -> {
            Map<?, ?> panel = (Map<?, ?>) node;
            assertThat(panel.get("description")).as("description").asString().isNotBlank();
            assertThat(panel.get("datasource")).as("data source").hasToString("{type=prometheus, uid=${datasource}}");
            Map<?, ?> defaults = (Map<?, ?>) ((Map<?, ?>) panel.get("fieldConfig")).get("defaults");
            assertThat(defaults.get("unit")).as("unit").asString().isNotBlank();
        });
    }
}
