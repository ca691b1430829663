package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Keys;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Automatic retries: which failures the service retries, how often, after what wait, and how it records attempts. */
class AutomaticRetryTest {

    private static final String SPEC =
            "{\"id\": \"j\", \"models\": [\"a\"], \"regions\": [\"us-east\"], \"constraints\": {%s}}";

    private FakeProvider provider;
    private RunnerApp app;

    @BeforeEach
    void startProvider() throws Exception {
        provider = FakeProvider.start();
    }

    @AfterEach
    void stop() {
        provider.close();
        app.close();
    }

    private void runner(String... properties) {
        List<String> all = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        all.addAll(List.of(properties));
        app = RunnerApp.start(TestServers.newDatabase(), TestServers.newRedisUrl(), all);
    }

    private JsonNode submitAndEnd(String constraints) {
        assertThat(app.submit(SPEC.formatted(constraints)).status()).isEqualTo(202);
        app.ended("j");
        return app.cells("j").get("us-east/a");
    }

    private void calls(int number) {
        await().atMost(Duration.ofSeconds(20)).until(() -> provider.calls().size() >= number);
    }

    private static List<String> outcomes(JsonNode cell) {
        return cell.path("attempts").values().stream()
                .map(attempt -> {
                    int times = attempt.path("times").asInt();
                    return attempt.path("attempt").asInt()
                            + (times > 1 ? "x" + times : "") + " "
                            + attempt.path("outcome").asString();
                })
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"500, failed, /r1, /r2", "425, failed, '', ''", "503, failed, '', ''", "502, unknown, '', ''"})
    void a_failure_that_may_pass_is_tried_up_to_max_attempts_and_each_attempt_is_kept(
            int status, String outcome, String second, String third) {
        runner("--beacon.inference.max-attempts=3");
        provider.failWith("us-east", status);
        JsonNode cell = submitAndEnd("");
        assertThat(cell.path("status").asString()).isEqualTo("failed");
        assertThat(cell.path("attempt").asInt()).isEqualTo(3);
        assertThat(outcomes(cell)).containsExactly("1x3 " + outcome);
        assertThat(cell.at("/attempts/0/code").asString()).isEqualTo("http_" + status);
        assertThat(cell.at("/attempts/0/message").asString()).isNotBlank();
        assertThat(cell.at("/attempts/0/http_status").asInt()).isEqualTo(status);
        assertThat(cell.at("/error/http_status").asInt()).isEqualTo(status);
        assertThat(provider.calls())
                .extracting(call -> Keys.withoutTag(call.idempotencyKey()))
                .containsExactly("j/us-east/a/0", "j/us-east/a/0" + second, "j/us-east/a/0" + third);
        Instant last = Instant.MIN;
        for (JsonNode attempt : cell.path("attempts").values()) {
            assertThat(attempt.path("runner").asString()).isNotEmpty();
            assertThat(attempt.path("fence").asInt()).isEqualTo(1);
            Instant started = Instant.parse(attempt.path("started_at").asString());
            assertThat(started).isAfterOrEqualTo(last);
            last = Instant.parse(attempt.path("ended_at").asString());
            assertThat(last).isAfterOrEqualTo(started);
        }
        assertThat(app.metric("beacon_executions_total", "status=\"failed\"")).isEqualTo(1);
        assertThat(app.metric("beacon_duplicates_total")).isZero();
    }

    @Test
    void a_failure_that_passes_ends_in_an_answer_without_anybody_asking() {
        runner("--beacon.inference.backoff.initial=300ms", "--beacon.inference.max-attempts=1000");
        provider.failWith("us-east", 503);
        app.submit(SPEC.formatted(""));
        calls(1);
        await().until(() -> app.cells("j")
                .get("us-east/a")
                .at("/attempts/0/outcome")
                .asString()
                .equals("failed"));
        JsonNode waiting = app.cells("j").get("us-east/a");
        assertThat(waiting.path("status").asString()).isEqualTo("running");
        assertThat(waiting.path("error").isNull()).isTrue();
        assertThat(waiting.at("/attempts/0/ended_at").isNull()).isFalse();
        provider.recover("us-east");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        assertThat(outcomes(app.cells("j").get("us-east/a")))
                .endsWith(provider.calls().size() + " completed");
    }

    @Test
    void a_final_failure_is_not_tried_again() {
        runner();
        provider.failWith("us-east", 400);
        assertThat(outcomes(submitAndEnd(""))).containsExactly("1 failed");
        assertThat(provider.calls()).hasSize(1);
    }

    @Test
    void the_wait_is_at_least_what_the_provider_asked_for() {
        runner();
        provider.failWith("us-east", 503, "1");
        app.submit(SPEC.formatted(""));
        calls(1);
        provider.recover("us-east");
        app.ended("j");
        List<FakeProvider.Call> calls = provider.calls();
        assertThat(calls).hasSize(2);
        assertThat(Duration.between(calls.get(0).end(), calls.get(1).start())).isGreaterThan(Duration.ofSeconds(1));
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 402})
    void being_throttled_uses_up_no_attempt(int status) {
        runner("--beacon.inference.max-attempts=1", "--beacon.inference.backoff.max=50ms");
        provider.failWith("us-east", status);
        app.submit(SPEC.formatted(""));
        calls(3);
        provider.recover("us-east");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        JsonNode cell = app.cells("j").get("us-east/a");
        assertThat(outcomes(cell))
                .containsExactly(
                        "1x" + (cell.path("attempt").asInt() - 1) + " failed",
                        cell.path("attempt").asInt() + " completed");
        assertThat(provider.calls()).hasSize(cell.path("attempt").asInt());
    }

    @Test
    void all_cells_of_a_region_wait_while_it_refuses_calls() {
        runner("--beacon.regions.us-east.max-in-flight=2");
        provider.failWith("us-east", 429, "2");
        app.submit(
                "{\"id\": \"j\", \"models\": [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"], \"regions\": [\"us-east\"]}");
        calls(1);
        await().during(Duration.ofMillis(1200)).until(() -> provider.calls().size() <= 2);
        provider.recover("us-east");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        assertThat(provider.calls()).hasSizeLessThanOrEqualTo(8);
        assertThat(app.metric("beacon_region_throttled_total", "region=\"us-east\""))
                .isBetween(1.0, 2.0);
    }

    @Test
    void a_call_whose_end_was_not_seen_is_repeated_under_the_same_key() {
        // More attempts than fit into the time that the provider takes to recover.
        runner("--beacon.inference.max-attempts=1000");
        provider.closeAfterReading("us-east");
        app.submit(SPEC.formatted(""));
        calls(1);
        provider.recover("us-east");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        JsonNode cell = app.cells("j").get("us-east/a");
        assertThat(outcomes(cell).getFirst()).startsWith("1").endsWith(" unknown");
        assertThat(outcomes(cell)).endsWith(cell.path("attempt").asInt() + " completed");
        assertThat(provider.calls())
                .extracting(call -> Keys.withoutTag(call.idempotencyKey()))
                .containsOnly("j/us-east/a/0");
        assertThat(app.metric("beacon_executions_unknown_total"))
                .isEqualTo(cell.path("attempt").asInt() - 1);
        assertThat(app.metric("beacon_duplicates_total")).isZero();
    }

    @Test
    void a_call_whose_end_was_not_seen_is_not_repeated_when_the_job_holds() {
        runner();
        provider.closeAfterReading("us-east");
        JsonNode cell = submitAndEnd("\"on_unknown\": \"hold\"");
        assertThat(cell.path("status").asString()).isEqualTo("unknown");
        assertThat(provider.calls()).hasSize(1);
    }

    @Test
    void a_cell_gives_its_place_in_the_region_back_while_it_waits() {
        runner("--beacon.regions.us-east.max-in-flight=1", "--beacon.inference.backoff.initial=10s");
        provider.failWith("us-east", 503);
        app.submit(SPEC.formatted(""));
        calls(1);
        await().until(() -> app.cells("j")
                .get("us-east/a")
                .at("/attempts/0/outcome")
                .asString()
                .equals("failed"));
        provider.recover("us-east");
        app.submit("{\"id\": \"other\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}");
        assertThat(app.ended("other").path("status").asString()).isEqualTo("completed");
        assertThat(app.cells("j").get("us-east/a").path("status").asString()).isEqualTo("running");
    }

    @Test
    void a_stop_does_not_wait_for_the_next_attempt_and_the_next_run_makes_it() {
        String database = TestServers.newDatabase();
        String redis = TestServers.newRedisUrl();
        provider.failWith("us-east", 503);
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.inference.backoff.initial=50s");
        try (RunnerApp stopping = RunnerApp.start(database, redis, properties)) {
            stopping.submit(SPEC.formatted("\"on_unknown\": \"hold\""));
            await().until(() -> provider.calls().size() == 1
                    && stopping.cells("j")
                            .get("us-east/a")
                            .at("/attempts/0/outcome")
                            .asString()
                            .equals("failed"));
        }
        provider.recover("us-east");
        app = RunnerApp.start(database, redis, properties);
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        assertThat(outcomes(app.cells("j").get("us-east/a"))).containsExactly("1 failed", "2 completed");
    }
}
