package io.projectbeacon.runner.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Keys;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A region fails and recovers, and a client retries its cells; the provider's ledger shows which calls were made. */
class RetryTest {

    private static final String SPEC =
            "{\"id\": \"j\", \"models\": [\"a\", \"b\"], \"regions\": [\"us-east\", \"eu-west\"]%s}";

    private FakeProvider provider;
    private RunnerApp app;

    @BeforeEach
    void start() throws Exception {
        provider = FakeProvider.start();
        app = RunnerApp.start(
                TestServers.newDatabase(),
                TestServers.newRedisUrl(),
                Stream.concat(
                                RunnerApp.calling(provider, "us-east", "eu-west").stream(),
                                Stream.of("--beacon.inference.max-attempts=1"))
                        .toList());
    }

    @AfterEach
    void stop() {
        app.close();
        provider.close();
    }

    private JsonNode submitAndEnd(String more) {
        assertThat(app.submit(SPEC.formatted(more)).status()).isEqualTo(202);
        return app.ended("j");
    }

    @Test
    void after_a_region_has_recovered_a_retry_calls_only_its_cells_and_counts_the_others_as_stopped() {
        provider.failWith("eu-west", 500);
        JsonNode partial = submitAndEnd("");
        assertThat(partial.path("status").asString()).isEqualTo("partial");
        assertThat(partial.at("/cells/completed").asInt()).isEqualTo(2);
        assertThat(partial.at("/cells/failed").asInt()).isEqualTo(2);
        Map<String, JsonNode> before = app.cells("j");
        assertThat(before.get("eu-west/a").at("/error/code").asString()).isEqualTo("http_500");
        assertThat(before.get("eu-west/a").at("/error/http_status").asInt()).isEqualTo(500);
        assertThat(before.get("eu-west/a").at("/error/retryable").asBoolean()).isTrue();
        assertThat(provider.calls()).hasSize(4);

        provider.recover("eu-west");
        assertThat(app.post("/api/v1/jobs/j/retry", "").status()).isEqualTo(202);
        JsonNode ended = app.ended("j");
        assertThat(ended.path("status").asString()).isEqualTo("completed");
        assertThat(provider.callsTo("us-east")).hasSize(2);
        assertThat(provider.callsTo("eu-west"))
                .extracting(call -> Keys.withoutTag(call.idempotencyKey()))
                .containsExactlyInAnyOrder("j/eu-west/a/0", "j/eu-west/b/0", "j/eu-west/a/0/r1", "j/eu-west/b/0/r1");

        Map<String, JsonNode> after = app.cells("j");
        Map<String, String> statuses = after.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        cell -> cell.getValue().path("status").asString()));
        assertThat(statuses)
                .isEqualTo(Map.of(
                        "us-east/a",
                        "completed",
                        "us-east/b",
                        "completed",
                        "eu-west/a",
                        "completed",
                        "eu-west/b",
                        "completed"));
        assertThat(after.get("eu-west/a").path("attempts").values())
                .extracting(attempt -> attempt.path("outcome").asString())
                .containsExactly("failed", "completed");
        assertThat(after.get("us-east/a").path("attempts").size()).isEqualTo(1);
        assertThat(after.get("eu-west/a").path("error").isNull()).isTrue();

        // The ledger of duplicates, the job and the counters agree.
        JsonNode ledger = app.get("/api/v1/jobs/j/duplicates").json().path("duplicates");
        assertThat(ledger.values())
                .extracting(entry -> entry.path("region").asString() + "/"
                        + entry.path("model_id").asString() + " "
                        + entry.path("layer").asString() + " "
                        + entry.path("occurrences").asInt() + " "
                        + entry.path("existing_status").asString())
                .containsExactlyInAnyOrder("us-east/a retry 1 completed", "us-east/b retry 1 completed");
        assertThat(ended.at("/duplicates/by_layer/retry").asInt()).isEqualTo(2);
        assertThat(app.metric("beacon_duplicates_total", "layer=\"retry\"", "outcome=\"detected\""))
                .isEqualTo(2);
        assertThat(app.metric("beacon_execution_duplicates_detected_total", "job_id=\"j\""))
                .isEqualTo(2);
        assertThat(app.metric("beacon_execution_duplicates_allowed_total")).isZero();
        assertThat(app.metric("beacon_executions_total", "status=\"completed\""))
                .isEqualTo(4);
        assertThat(app.metric("beacon_executions_total", "status=\"failed\"")).isEqualTo(2);
        assertThat(app.metric("beacon_jobs_total", "status=\"partial\"")).isEqualTo(1);
        assertThat(app.metric("beacon_jobs_total", "status=\"completed\"")).isEqualTo(1);
    }

    @Test
    void a_retry_is_refused_while_the_job_is_queued_or_running() {
        provider.hold("us-east");
        app.submit(SPEC.formatted(""));
        await().until(() -> provider.callsTo("us-east").size() == 2);
        assertThat(app.post("/api/v1/jobs/j/retry", "").status()).isEqualTo(409);
        provider.release("us-east");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
    }

    @Test
    void a_job_with_nothing_done_is_failed_and_a_skipped_cell_does_not_make_it_a_success() {
        provider.failWith("us-east", 400);
        provider.failWith("eu-west", 400);
        assertThat(submitAndEnd("").path("status").asString()).isEqualTo("failed");
        byte[] absent = "{\"include_unknown\": null}".getBytes(UTF_8);
        assertThat(app.post("/api/v1/jobs/j/retry", absent, "application/vnd.retry+json")
                        .status())
                .isEqualTo(202);
        await().atMost(Duration.ofSeconds(30)).until(() -> provider.calls().size() == 8);
        assertThat(app.ended("j").path("status").asString()).isEqualTo("failed");
    }

    @Test
    void a_job_that_reaches_its_success_rate_is_completed() {
        provider.failWith("eu-west", 400);
        assertThat(submitAndEnd(", \"constraints\": {\"min_success_rate\": 0.5}")
                        .path("status")
                        .asString())
                .isEqualTo("completed");
    }

    @Test
    void under_hold_a_cell_of_unknown_outcome_is_called_again_only_when_the_retry_includes_it() {
        provider.closeAfterReading("eu-west");
        JsonNode job = submitAndEnd(", \"constraints\": {\"on_unknown\": \"hold\"}");
        assertThat(job.at("/cells/unknown").asInt()).isEqualTo(2);
        assertThat(app.metric("beacon_executions_unknown_total", "region=\"eu-west\""))
                .isEqualTo(2);
        provider.recover("eu-west");

        app.post("/api/v1/jobs/j/retry", "{}");
        assertThat(app.ended("j").at("/cells/unknown").asInt()).isEqualTo(2);
        assertThat(provider.callsTo("eu-west")).hasSize(2);

        app.post("/api/v1/jobs/j/retry", "{\"include_unknown\": true}");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        // An unknown outcome is not a definite failure: the provider sees the same key and may answer from it.
        assertThat(provider.callsTo("eu-west").stream()
                        .map(call -> Keys.withoutTag(call.idempotencyKey()))
                        .sorted()
                        .toList())
                .isEqualTo(List.of("j/eu-west/a/0", "j/eu-west/a/0", "j/eu-west/b/0", "j/eu-west/b/0"));
    }

    @Test
    void a_call_of_unknown_outcome_fails_its_cell_under_rerun_and_a_retry_calls_it_again() {
        provider.closeAfterReading("eu-west");
        assertThat(submitAndEnd("").at("/cells/failed").asInt()).isEqualTo(2);
        assertThat(app.cells("j").get("eu-west/a").at("/attempts/0/outcome").asString())
                .isEqualTo("unknown");
        provider.recover("eu-west");
        app.post("/api/v1/jobs/j/retry", "");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
    }
}
