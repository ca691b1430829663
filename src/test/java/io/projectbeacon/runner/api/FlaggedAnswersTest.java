package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.RawProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** An answer that is cut, filtered, refused or empty is kept and marked; or it fails its cell, where the job asks for that. */
class FlaggedAnswersTest {

    private static final Map<String, String> BODIES = new TreeMap<>(Map.of(
            "plain", answer("\"content\":\"Hello\"", "stop"),
            "cut", answer("\"content\":\"Hel\"", "length"),
            "filtered", answer("\"content\":\"\"", "content_filter"),
            "refused", answer("\"content\":null,\"refusal\":\"I won't\"", "stop"),
            "empty", answer("\"content\":\" \"", "stop"),
            "tools", answer("\"content\":null,\"tool_calls\":[{\"id\":\"1\"}]", "tool_calls"),
            "odd", answer("\"content\":\"Hello\"", "mystery")));

    private RawProvider provider;
    private RunnerApp app;

    @AfterEach
    void close() throws IOException {
        app.close();
        provider.close();
    }

    private static String answer(String message, String finishReason) {
        return "{\"choices\":[{\"message\":{%s},\"finish_reason\":\"%s\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":7}}"
                .formatted(message, finishReason);
    }

    private static byte[] reply(String body) {
        return RawProvider.reply("200 OK", "Content-Type: application/json\r\n", body);
    }

    private void provider(Map<String, List<byte[]>> scripts) throws IOException {
        provider = new RawProvider(scripts);
        app = RunnerApp.start(
                TestServers.newDatabase(),
                TestServers.newRedisUrl(),
                List.of(
                        "--beacon.inference.provider=openai",
                        "--beacon.regions.us-east.base-url=" + provider.baseUrl(),
                        "--beacon.inference.max-attempts=2",
                        "--beacon.inference.backoff.initial=1ms",
                        "--beacon.inference.backoff.max=2ms"));
    }

    private void allModels() throws IOException {
        Map<String, List<byte[]>> scripts = new TreeMap<>();
        BODIES.forEach((model, body) -> scripts.put(model, List.of(reply(body))));
        provider(scripts);
    }

    private JsonNode submitAndEnd(String models, String more) {
        assertThat(app.submit("{\"id\":\"j\",\"models\":[%s],\"regions\":[\"us-east\"]%s}".formatted(models, more))
                        .status())
                .isEqualTo(202);
        return app.ended("j");
    }

    private static String allNames() {
        return "\"" + String.join("\",\"", BODIES.keySet()) + "\"";
    }

    private List<String> listed(String flagged) {
        return app.get("/api/v1/jobs/j/executions?flagged=" + flagged).json().path("executions").values().stream()
                .map(cell -> cell.path("model_id").asString())
                .sorted()
                .toList();
    }

    @Test
    void a_completed_cell_says_what_is_the_matter_with_its_answer() throws IOException {
        allModels();
        JsonNode job = submitAndEnd(allNames(), "");

        assertThat(job.path("status").asString()).isEqualTo("completed");
        assertThat(job.at("/cells/completed").asInt()).isEqualTo(7);
        assertThat(job.at("/cells/flagged").asInt()).isEqualTo(5);
        Map<String, JsonNode> cells = app.cells("j");
        assertThat(cells.get("us-east/plain").path("flagged").toString()).isEqualTo("[]");
        assertThat(cells.get("us-east/tools").path("flagged").toString()).isEqualTo("[]");
        assertThat(cells.get("us-east/cut").path("flagged").toString()).isEqualTo("[\"length\"]");
        assertThat(cells.get("us-east/cut").at("/answers/0/flagged").toString()).isEqualTo("[\"length\"]");
        assertThat(cells.get("us-east/filtered").path("flagged").toString())
                .isEqualTo("[\"content_filter\",\"empty\"]");
        assertThat(listed("true")).containsExactly("cut", "empty", "filtered", "odd", "refused");
        assertThat(listed("false")).containsExactly("plain", "tools");
        assertThat(listed("empty")).containsExactly("empty", "filtered");
        assertThat(listed("refusal")).containsExactly("refused");
        assertThat(listed("unknown_finish_reason")).containsExactly("odd");
        assertThat(app.get("/api/v1/jobs/j/executions?flagged=cut").status()).isEqualTo(400);
        assertThat(app.metric("beacon_executions_flagged_total", "model_id=\"cut\"", "reason=\"length\""))
                .isEqualTo(1);
        assertThat(app.metric("beacon_executions_flagged_total", "model_id=\"plain\""))
                .isZero();
        assertThat(app.metric("beacon_executions_flagged_total")).isEqualTo(6);
    }

    @ParameterizedTest
    @CsvSource({"length, cut", "content_filter, filtered", "refusal, refused", "empty, empty", "tool_calls, tools"})
    void a_job_can_ask_that_such_an_answer_fails_its_cell_and_is_not_paid_for_again(String reason, String model)
            throws IOException {
        provider(Map.of(model, List.of(reply(BODIES.get(model)), reply(BODIES.get("plain")))));
        JsonNode job = submitAndEnd("\"" + model + "\"", ",\"constraints\":{\"fail_on\":[\"" + reason + "\"]}");

        assertThat(job.path("status").asString()).isEqualTo("failed");
        JsonNode cell = app.cells("j").get("us-east/" + model);
        assertThat(cell.at("/error/paid").asBoolean()).isTrue();
        assertThat(cell.at("/error/retryable").asBoolean()).isFalse();
        assertThat(cell.at("/error/code").asString()).isEqualTo("answer_" + reason);
        assertThat(cell.at("/error/answer/usage/completion_tokens").asInt()).isEqualTo(7);
        assertThat(cell.at("/attempts/0/paid").asBoolean()).isTrue();
        assertThat(cell.path("answers").size()).isZero();
        assertThat(provider.keys(model)).hasSize(1);

        app.post("/api/v1/jobs/j/retry", "");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        JsonNode after = app.cells("j").get("us-east/" + model);
        assertThat(after.path("error").isNull()).isTrue();
        assertThat(after.at("/attempts/0/paid").asBoolean()).isTrue();
        assertThat(provider.keys(model))
                .containsExactly(
                        provider.keys(model).getFirst(), provider.keys(model).getFirst() + "/r1");
    }

    @Test
    void text_of_a_failed_generation_is_kept_and_later_questions_are_not_asked_until_a_person_retries()
            throws IOException {
        byte[] broken = reply(answer("\"content\":\"Hel\"", "error"));
        provider(Map.of(
                "m",
                List.of(
                        reply(BODIES.get("plain")),
                        broken,
                        broken,
                        reply(BODIES.get("cut")),
                        reply(BODIES.get("plain")))));
        submitAndEnd("\"m\"", ",\"questions\":[\"A?\",\"B?\",\"C?\"]");

        JsonNode cell = app.cells("j").get("us-east/m");
        assertThat(cell.path("status").asString()).isEqualTo("failed");
        assertThat(cell.path("answers").size()).isEqualTo(1);
        assertThat(cell.at("/error/answer/question").asString()).isEqualTo("B?");
        assertThat(cell.at("/error/answer/response").asString()).isEqualTo("Hel");
        assertThat(cell.at("/error/answer/usage/prompt_tokens").asInt()).isEqualTo(3);
        assertThat(cell.at("/error/paid").asBoolean()).isFalse();
        assertThat(provider.keys("m")).hasSize(3);

        app.post("/api/v1/jobs/j/retry", "");
        app.ended("j");
        JsonNode after = app.cells("j").get("us-east/m");
        assertThat(after.path("answers").values())
                .extracting(answer -> answer.path("response").asString())
                .containsExactly("Hello", "Hel", "Hello");
        assertThat(after.path("flagged").toString()).isEqualTo("[\"length\"]");
        assertThat(provider.keys("m")).hasSize(5);
    }
}
