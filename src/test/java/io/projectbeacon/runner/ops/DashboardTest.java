package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DashboardTest {

    private static final Set<String> EXPORTED = Set.of(
            "beacon_execution_duplicates_detected_total",
            "beacon_execution_duplicates_allowed_total",
            "beacon_duplicates_total",
            "beacon_executions_unknown_total",
            "beacon_jobs_total",
            "beacon_jobs_by_status",
            "beacon_executions_total",
            "beacon_execution_duration_seconds",
            "beacon_execution_claim_seconds",
            "beacon_executions_in_flight",
            "beacon_job_queue_wait_seconds",
            "beacon_job_lock_wait_seconds");

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
                        EXPORTED.contains(name) || EXPORTED.contains(name.replaceAll("_(bucket|sum|count)$", "")));
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
