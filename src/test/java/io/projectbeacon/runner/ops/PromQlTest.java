package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.PrometheusProcess;
import io.projectbeacon.runner.support.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** A real Prometheus that scraped a real, busy service evaluates every expression of rules and dashboards. */
class PromQlTest {

    private static final String NO_NAMESPACE = "outside Kubernetes no series has one, and all is found all the same";

    /** Expressions that may have no data even on a busy service, by {@link Query#where()}, each with the reason. */
    private static final Map<String, String> MAY_BE_EMPTY = Map.of(
            "runner.json, $namespace", NO_NAMESPACE,
            "duplicates.json, $namespace", NO_NAMESPACE,
            "runner.json, Jobs, by status, B", "none of the busy runner's jobs waits for so long that it is parked");

    @TempDir
    private static Path folder;

    private static BusyRunner runner;
    private static PrometheusProcess prometheus;
    private static Set<String> known;

    @BeforeAll
    static void workUnderTheEyesOfPrometheus() throws IOException {
        Tools.assumeInstalled("prometheus");
        runner = BusyRunner.start();
        prometheus = PrometheusProcess.start(folder, runner.app(), rulesThatFireAtOnce());
        runner.work();
        awaitScrapesOf("beacon_execution_duplicates_detected_total{job_id=\"retried-1\"}");
        runner.work();
        runner.allowADuplicate();
        awaitScrapesOf("beacon_execution_duplicates_allowed_total{job_id!=\"_other\"}");
        awaitScrapesOf("ALERTS{alertname=\"DuplicateExecutionsAllowed\",alertstate=\"firing\"}");
        known = new TreeSet<>();
        prometheus
                .get("/api/v1/label/__name__/values")
                .path("data")
                .values()
                .forEach(name -> known.add(name.asString()));
    }

    /** So that there are alerts to be seen on the dashboards, and their templates are filled in. */
    private static List<Path> rulesThatFireAtOnce() throws IOException {
        List<Path> copies = new ArrayList<>();
        for (Path file : OpsFiles.rules()) {
            copies.add(Files.writeString(
                    folder.resolve(file.getFileName()),
                    Query.inSmallSteps(Files.readString(file)).replaceAll("(?m)^( +for:) .*$", "$1 1s")));
        }
        return copies;
    }

    /** A rate needs two samples; the rules may have been evaluated just before the second, so there must be a third. */
    private static void awaitScrapesOf(String series) {
        await(series).atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            assertThat(prometheus.scrapeErrors()).isEmpty();
            assertThat(prometheus
                            .query("count_over_time(" + series + "[5m]) >= 3")
                            .path("data")
                            .path("result")
                            .values())
                    .isNotEmpty();
        });
    }

    @AfterAll
    static void stop() {
        if (prometheus != null) {
            prometheus.close();
        }
        if (runner != null) {
            runner.close();
        }
    }

    static Stream<Query> queries() {
        return Query.all();
    }

    @ParameterizedTest
    @MethodSource("queries")
    void everyExpressionReadsMetricsThatExistAndHasDataWhereItShould(Query query) {
        Set<String> metrics = PromQl.metrics(query.expression());
        assertThat(metrics).as("metrics").isNotEmpty();
        assertThat(metrics)
                .filteredOn(name -> !known.contains(name))
                .as("metrics that nobody exports")
                .isEmpty();
        JsonNode answer = prometheus.query(query.expression());
        assertThat(answer.path("status").asString()).as(answer.toString()).isEqualTo("success");
        if (query.kind() == Query.Kind.ALERT || MAY_BE_EMPTY.containsKey(query.where())) {
            return;
        }
        assertThat(answer.path("data").path("result").values())
                .as(query.expression())
                .anyMatch(sample -> Double.isFinite(
                        Double.parseDouble(sample.path("value").path(1).asString())));
        if (query.kind() == Query.Kind.VARIABLE) {
            assertThat(answer.path("data").path("result").values())
                    .as("series with the label " + query.label())
                    .anyMatch(sample -> sample.path("metric").has(query.label()));
        }
    }

    /** An alert that asks for a label or a value that no series has would stay silent for ever. */
    @ParameterizedTest
    @MethodSource("queries")
    void everySelectorFindsSeries(Query query) {
        for (String selector : PromQl.selectors(query.expression())) {
            if (!MAY_BE_EMPTY.containsKey(selector)) {
                assertThat(prometheus
                                .query("count(last_over_time(" + selector + "[5m]))")
                                .path("data")
                                .path("result")
                                .values())
                        .as(selector)
                        .isNotEmpty();
            }
        }
    }

    @Test
    void prometheusEvaluatesEveryRuleAndItsTemplatesWithoutAnError() {
        assertThat(prometheus.get("/api/v1/rules").path("data").path("groups").values())
                .flatExtracting(group -> group.path("rules").values())
                .isNotEmpty()
                .allSatisfy(rule -> {
                    assertThat(rule.path("health").asString())
                            .as(rule.toString())
                            .isEqualTo("ok");
                    assertThat(rule.toString()).doesNotContain("error expanding");
                });
    }

    @Test
    void whatMayBeEmptyStillStandsInAFile() {
        assertThat(MAY_BE_EMPTY.keySet())
                .allSatisfy(entry -> assertThat(Query.all())
                        .anyMatch(query -> query.where().equals(entry)
                                || PromQl.selectors(query.expression()).contains(entry)));
    }
}
