package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.RawProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Under which key a call goes out: a call of unknown outcome keeps its key until the provider has told how it ended. */
class CallKeysTest {

    private static final String SPEC =
            "{\"id\": \"j\", \"models\": [\"m\"], \"regions\": [\"us-east\"], \"prompt\": \"Who?\", \"constraints\": {%s}}";
    private static final String ANSWER =
            "{\"choices\":[{\"message\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}";

    private final String database = TestServers.newDatabase();
    private RawProvider provider;
    private RunnerApp app;

    @AfterEach
    void close() throws IOException {
        app.close();
        provider.close();
    }

    private static byte[] reply(int status, String body) {
        return RawProvider.reply(status + " Whatever", "Content-Type: application/json\r\n", body);
    }

    private static byte[] status(int status) {
        return reply(status, "{\"error\":{\"message\":\"told " + status + "\"}}");
    }

    private void provider(byte[]... replies) throws IOException {
        provider(2, replies);
    }

    private void provider(int maxAttempts, byte[]... replies) throws IOException {
        provider = new RawProvider(Map.of("m", List.of(replies)));
        app = RunnerApp.start(
                database,
                TestServers.newRedisUrl(),
                List.of(
                        "--beacon.inference.provider=openai",
                        "--beacon.regions.us-east.base-url=" + provider.baseUrl(),
                        "--beacon.inference.max-attempts=" + maxAttempts,
                        "--beacon.inference.backoff.initial=20ms",
                        "--beacon.inference.backoff.max=40ms"));
    }

    private JsonNode submitAndEnd(String constraints) {
        assertThat(app.submit(SPEC.formatted(constraints)).status()).isEqualTo(202);
        return end();
    }

    private JsonNode retryAndEnd(String body) {
        assertThat(app.post("/api/v1/jobs/j/retry", body).status()).isEqualTo(202);
        return end();
    }

    private JsonNode end() {
        app.ended("j");
        return app.cells("j").get("us-east/m");
    }

    private List<String> keys() {
        return provider.keys("m");
    }

    @Test
    void a_key_is_the_same_after_a_restart_and_another_for_a_job_of_the_same_id_elsewhere() throws IOException {
        provider(status(429), reply(200, ANSWER));
        submitAndEnd("");
        assertThat(keys().getFirst()).matches("j/us-east/m/0/[0-9a-f]{16}");
        assertThat(keys().getLast()).isEqualTo(keys().getFirst());
        app.close();

        app = RunnerApp.start(
                TestServers.newDatabase(),
                TestServers.newRedisUrl(),
                List.of(
                        "--beacon.inference.provider=openai",
                        "--beacon.regions.us-east.base-url=" + provider.baseUrl()));
        submitAndEnd("");
        assertThat(keys().getLast()).matches("j/us-east/m/0/[0-9a-f]{16}").isNotEqualTo(keys().getFirst());
    }

    @Test
    void a_job_from_before_there_were_tags_keeps_its_keys() throws IOException {
        provider(status(400), reply(200, ANSWER));
        submitAndEnd("");
        Database.at(database).jdbc().sql("UPDATE jobs SET key_seed = NULL").update();
        Database.at(database)
                .jdbc()
                .sql("UPDATE executions SET key_numbers = NULL, definite_failures = 3")
                .update();

        retryAndEnd("");

        assertThat(keys().getLast()).isEqualTo("j/us-east/m/0/r3");
    }

    @Test
    void each_question_has_a_number_of_its_own() throws IOException {
        provider(status(500), reply(200, ANSWER), status(500), reply(200, ANSWER));
        app.submit("{\"id\": \"j\", \"models\": [\"m\"], \"regions\": [\"us-east\"], \"questions\": [\"A?\", \"B?\"]}");
        end();
        retryAndEnd("");

        assertThat(keys().stream()
                        .map(key -> key.replaceAll("[0-9a-f]{16}", "tag"))
                        .toList())
                .containsExactly(
                        "j/us-east/m/0/tag", "j/us-east/m/0/tag/r1", "j/us-east/m/1/tag", "j/us-east/m/1/tag/r1");
    }

    @ParameterizedTest
    @ValueSource(ints = {409, 423, 425})
    void a_call_that_is_still_running_is_waited_for_under_its_key_at_no_attempt(int status) throws IOException {
        provider(status(502), status(status), status(status), status(status), status(status), reply(200, ANSWER));
        JsonNode cell = submitAndEnd("");

        assertThat(cell.path("status").asString()).isEqualTo("completed");
        assertThat(keys()).hasSize(6).containsOnly(keys().getFirst());
        JsonNode waited = cell.at("/attempts/1");
        assertThat(waited.path("outcome").asString()).isEqualTo("unknown");
        assertThat(waited.path("code").asString()).isEqualTo("still_running");
        assertThat(waited.path("http_status").asInt()).isEqualTo(status);
        assertThat(waited.path("times").asInt()).isEqualTo(4);
        assertThat(cell.path("attempts").size()).isEqualTo(3);
        // The waits are not unknown outcomes of their own.
        assertThat(app.metric("beacon_executions_unknown_total", "model_id=\"m\""))
                .isEqualTo(1);
        assertThat(app.metric("beacon_region_breaker_open", "region=\"us-east\""))
                .isZero();
    }

    @Test
    void a_call_that_runs_for_longer_than_its_job_ends_as_still_running() throws IOException {
        provider(status(502), status(409));
        JsonNode cell = submitAndEnd("\"timeout\": \"700ms\"");

        assertThat(cell.path("status").asString()).isEqualTo("failed");
        assertThat(cell.at("/error/code").asString()).isEqualTo("still_running");
        assertThat(keys()).containsOnly(keys().getFirst());
        assertThat(app.metric("beacon_executions_unknown_total", "model_id=\"m\""))
                .isEqualTo(1);
    }

    @Test
    void under_hold_a_running_call_is_asked_for_only_within_a_retry_that_includes_it() throws IOException {
        provider(status(502), status(409), status(409), status(409), reply(200, ANSWER));
        String hold = "\"on_unknown\": \"hold\"";
        assertThat(submitAndEnd(hold).path("status").asString()).isEqualTo("unknown");
        assertThat(retryAndEnd("").path("status").asString()).isEqualTo("unknown");
        assertThat(keys()).hasSize(1);

        JsonNode cell = retryAndEnd("{\"include_unknown\": true}");

        assertThat(cell.path("status").asString()).isEqualTo("completed");
        assertThat(keys()).hasSize(5).containsOnly(keys().getFirst());
    }

    @Test
    void under_hold_a_running_call_is_held_again_when_the_time_of_the_retry_is_up() throws IOException {
        provider(status(502), status(409));
        submitAndEnd("\"on_unknown\": \"hold\", \"timeout\": \"700ms\"");

        JsonNode cell = retryAndEnd("{\"include_unknown\": true}");

        assertThat(cell.path("status").asString()).isEqualTo("unknown");
        assertThat(cell.at("/error/code").asString()).isEqualTo("still_running");
        int asked = keys().size();
        assertThat(retryAndEnd("").path("status").asString()).isEqualTo("unknown");
        assertThat(keys()).hasSize(asked);
    }

    @Test
    void under_hold_a_running_call_met_by_another_retry_is_held() throws IOException {
        // Versions before this one left a cell in doubt as failed, so that a retry that includes nothing comes to it.
        provider(status(502), status(503), status(503), status(409));
        submitAndEnd("\"on_unknown\": \"hold\"");
        retryAndEnd("{\"include_unknown\": true}");
        app.jdbc().sql("UPDATE executions SET status = 'failed'").update();

        JsonNode cell = retryAndEnd("");

        assertThat(cell.path("status").asString()).isEqualTo("unknown");
        assertThat(keys()).hasSize(4).containsOnly(keys().getFirst());
    }

    @Test
    void under_hold_a_cell_whose_included_call_was_never_sent_is_still_held() throws IOException {
        provider(status(502));
        submitAndEnd("\"on_unknown\": \"hold\"");
        String key = keys().getFirst();
        provider.close();

        JsonNode cell = retryAndEnd("{\"include_unknown\": true}");

        assertThat(cell.path("status").asString()).isEqualTo("unknown");
        assertThat(cell.at("/error/code").asString()).isEqualTo("connection_refused");
        assertThat(cell.at("/attempts/1/outcome").asString()).isEqualTo("failed");
        assertThat(app.metric("beacon_executions_unknown_total", "model_id=\"m\""))
                .isEqualTo(1);
        app.close();
        provider(reply(200, ANSWER));
        assertThat(retryAndEnd("").path("status").asString()).isEqualTo("unknown");
        assertThat(keys()).isEmpty();
        assertThat(retryAndEnd("{\"include_unknown\": true}").path("status").asString())
                .isEqualTo("completed");
        assertThat(keys()).containsExactly(key);
    }

    @Test
    void under_hold_a_cell_whose_included_call_was_refused_for_now_is_still_held() throws IOException {
        provider(status(502), status(503), status(503), reply(200, ANSWER));
        submitAndEnd("\"on_unknown\": \"hold\"");

        JsonNode cell = retryAndEnd("{\"include_unknown\": true}");

        assertThat(cell.path("status").asString()).isEqualTo("unknown");
        assertThat(cell.at("/error/code").asString()).isEqualTo("http_503");
        assertThat(retryAndEnd("").path("status").asString()).isEqualTo("unknown");
        assertThat(keys()).hasSize(3);
    }

    @Test
    void under_hold_a_verdict_on_an_included_call_is_the_cells_end() throws IOException {
        provider(status(502), status(400));
        submitAndEnd("\"on_unknown\": \"hold\"");
        assertThat(retryAndEnd("{\"include_unknown\": true}").path("status").asString())
                .isEqualTo("failed");
    }

    @ParameterizedTest
    @CsvSource({"503, cancel, unknown", "503, timeout, unknown", "500, cancel, cancelled", "500, timeout, failed"})
    void under_hold_a_cell_that_waits_to_repeat_an_included_call_is_held_unless_there_was_a_verdict(
            int status, String ending, String expected) throws IOException {
        provider(
                5, status(502), RawProvider.reply(status + " Whatever", "Retry-After: 30\r\n", ""), reply(200, ANSWER));
        boolean cancel = ending.equals("cancel");
        submitAndEnd("\"on_unknown\": \"hold\"" + (cancel ? "" : ", \"timeout\": \"1s\""));
        assertThat(app.post("/api/v1/jobs/j/retry", "{\"include_unknown\": true}")
                        .status())
                .isEqualTo(202);
        if (cancel) {
            await().until(() -> app.cells("j")
                    .get("us-east/m")
                    .at("/attempts/1/outcome")
                    .asString()
                    .equals("failed"));
            assertThat(app.post("/api/v1/jobs/j/cancel", "").status()).isEqualTo(202);
        }

        JsonNode cell = end();

        assertThat(cell.path("status").asString()).isEqualTo(expected);
        assertThat(cell.at("/error/code").asString()).isEqualTo("http_" + status);
        assertThat(keys()).hasSize(2);
    }

    @Test
    void a_409_without_an_earlier_call_is_a_failure_that_uses_up_attempts() throws IOException {
        provider(status(409));
        JsonNode cell = submitAndEnd("");
        assertThat(cell.path("status").asString()).isEqualTo("failed");
        assertThat(cell.at("/error/code").asString()).isEqualTo("http_409");
        assertThat(keys()).hasSize(2);
    }

    @Test
    void a_500_after_an_unknown_outcome_gives_the_key_up_only_when_the_cell_ends_with_it() throws IOException {
        provider(3, status(502), status(500), status(500), reply(200, ANSWER));
        assertThat(submitAndEnd("").path("status").asString()).isEqualTo("failed");
        assertThat(retryAndEnd("").path("status").asString()).isEqualTo("completed");
        String key = keys().getFirst();
        assertThat(keys()).containsExactly(key, key, key, key + "/r1");
    }

    @Test
    void the_time_that_is_up_gives_up_the_key_of_a_500_after_an_unknown_outcome() throws IOException {
        provider(5, status(502), RawProvider.reply("500 Whatever", "Retry-After: 30\r\n", ""), reply(200, ANSWER));
        assertThat(submitAndEnd("\"timeout\": \"1s\"").path("status").asString())
                .isEqualTo("failed");
        assertThat(retryAndEnd("").path("status").asString()).isEqualTo("completed");
        String key = keys().getFirst();
        assertThat(keys()).containsExactly(key, key, key + "/r1");
    }

    @Test
    void a_retry_with_new_keys_gives_up_a_key_that_answers_nothing_else() throws IOException {
        provider(status(502), status(502), status(502), status(502), reply(200, ANSWER));
        submitAndEnd("");
        retryAndEnd("");
        String key = keys().getFirst();
        assertThat(keys()).hasSize(4).containsOnly(key);

        assertThat(retryAndEnd("{\"new_keys\": true}").path("status").asString())
                .isEqualTo("completed");

        assertThat(keys().getLast()).isEqualTo(key + "/r1");
    }

    @Test
    void under_hold_new_keys_need_the_retry_to_include_the_cell() throws IOException {
        provider(status(502), reply(200, ANSWER));
        submitAndEnd("\"on_unknown\": \"hold\"");
        assertThat(retryAndEnd("{\"new_keys\": true}").path("status").asString())
                .isEqualTo("unknown");
        assertThat(keys()).hasSize(1);

        JsonNode cell = retryAndEnd("{\"new_keys\": true, \"include_unknown\": true}");

        assertThat(cell.path("status").asString()).isEqualTo("completed");
        assertThat(keys()).containsExactly(keys().getFirst(), keys().getFirst() + "/r1");
    }

    @Test
    void a_retry_that_says_what_it_cannot_mean_changes_nothing() throws IOException {
        provider(status(400));
        submitAndEnd("");
        var refused = app.post("/api/v1/jobs/j/retry", "{\"new_keys\": 1, \"include_unknown\": \"yes\"}");
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().path("errors").size()).isEqualTo(2);
        await().until(() -> app.ended("j").path("status").asString().equals("failed"));
        assertThat(keys()).hasSize(1);
    }
}
