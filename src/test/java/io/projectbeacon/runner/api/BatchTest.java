package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BatchTest {

    private static final String PATH = "/api/v1/jobs:batch";
    private static final String VALID = "{\"id\": \"%s\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}";
    private static final JsonMapper JSON = new JsonMapper();

    private RunnerApp app;

    @BeforeEach
    void start() {
        app = RunnerApp.fresh("--beacon.inference.simulated.latency=0ms", "--beacon.limits.body=10KB");
    }

    @AfterEach
    void stop() {
        app.close();
    }

    private List<JsonNode> array(String body, String... headers) {
        Reply reply = app.post(PATH, body, headers);
        assertThat(reply.status()).isEqualTo(207);
        assertThat(reply.header("Content-Type")).isEqualTo("application/json");
        return reply.json().path("results").valueStream().toList();
    }

    private List<JsonNode> lines(byte[] body, String... headers) {
        Reply reply = app.post(PATH, body, "application/x-ndjson", headers);
        assertThat(reply.status()).isEqualTo(207);
        assertThat(reply.header("Content-Type")).isEqualTo("application/x-ndjson");
        return reply.response().body().lines().map(JSON::readTree).toList();
    }

    private static List<Integer> statuses(List<JsonNode> results) {
        assertThat(results.stream().map(result -> result.path("index").asInt()))
                .containsExactlyElementsOf(
                        IntStream.range(0, results.size()).boxed().toList());
        return results.stream().map(result -> result.path("status").asInt()).toList();
    }

    private long jobs() {
        return app.jdbc().sql("SELECT count(*) FROM jobs").query(Long.class).single();
    }

    @Test
    void each_item_has_the_answer_that_it_would_have_alone_in_order_and_a_bad_one_stops_no_other() {
        String tooLarge = VALID.formatted("large").replace("\"a\"", "\"" + "x".repeat(11_000) + "\"");
        List<JsonNode> results = array("["
                + String.join(
                        ",",
                        VALID.formatted("one"),
                        "{\"models\": [], \"regions\": [7]}",
                        "{\"models\": [\"]\\\"[\"], not json}",
                        " " + VALID.formatted("two") + "\n",
                        tooLarge,
                        VALID.formatted("one"),
                        "",
                        VALID.formatted("one").replace("\"a\"", "\"b\""),
                        VALID.formatted("three"))
                + "]");
        assertThat(statuses(results)).containsExactly(202, 422, 400, 202, 413, 200, 400, 409, 202);
        assertThat(results.get(0).path("location").asString()).isEqualTo("/api/v1/jobs/one");
        assertThat(results.get(1).at("/problem/errors")).hasSizeGreaterThanOrEqualTo(2);
        assertThat(results.get(5).path("idempotent_replayed").asBoolean()).isTrue();
        assertThat(results.get(7).at("/problem/detail").asString()).contains("models");
        assertThat(jobs()).isEqualTo(3);
        assertThat(app.ended("three").path("status").asString()).isEqualTo("completed");
    }

    @Test
    void ndjson_in_is_ndjson_out() {
        List<JsonNode> results =
                lines((VALID.formatted("one") + "\r\n\n{nonsense\n" + VALID.formatted("two")).getBytes());
        assertThat(statuses(results)).containsExactly(202, 400, 202);
        assertThat(results.get(2).path("id").asString()).isEqualTo("two");
        assertThat(jobs()).isEqualTo(2);
    }

    @Test
    void of_many_items_with_one_id_the_first_makes_the_job_and_the_others_are_shown_it() {
        String spec = VALID.formatted("same").replace("[\"a\"]", "[\"a\", \"a\"]");
        List<JsonNode> results =
                array(IntStream.range(0, 50).mapToObj(n -> spec).collect(Collectors.joining(",", "[", "]")));
        assertThat(statuses(results).getFirst()).isEqualTo(202);
        assertThat(statuses(results).subList(1, 50)).containsOnly(200);
        assertThat(app.metric("beacon_duplicates_total", "layer=\"input\"")).isEqualTo(1);
    }

    @Test
    void a_key_stands_for_a_key_of_each_item() {
        String body =
                "[{\"models\": [\"a\"], \"regions\": [\"us-east\"]}, {\"models\": [\"b\"], \"regions\": [\"us-east\"]}]";
        List<JsonNode> first = array(body, "Idempotency-Key", "k");
        List<JsonNode> second = array(body, "Idempotency-Key", "k");
        assertThat(statuses(first)).containsExactly(202, 202);
        assertThat(statuses(second)).containsExactly(200, 200);
        assertThat(second.get(1).path("id")).isEqualTo(first.get(1).path("id"));
        // A key that is spelt like an item's is another one's: names of batches and of single jobs do not meet.
        assertThat(app.submit("{\"models\": [\"a\"], \"regions\": [\"us-east\"]}", "Idempotency-Key", "k/0")
                        .status())
                .isEqualTo(202);
        assertThat(jobs()).isEqualTo(3);
    }

    @Test
    void what_is_no_batch_is_one_problem_and_stores_nothing() {
        assertThat(app.post(PATH, VALID.formatted("one")).status()).isEqualTo(400);
        assertThat(app.post(PATH, "").status()).isEqualTo(400);
        assertThat(app.post(PATH, "[]".getBytes(), "text/plain").status()).isEqualTo(415);
        assertThat(app.post(PATH, "[" + VALID.formatted("one") + "]", "Idempotency-Key", " ")
                        .status())
                .isEqualTo(400);
        assertThat(array("[ ]")).isEmpty();
        assertThat(jobs()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[%s, {\"models\": [", "[%s] x", "[%s][%s]", "[%s"})
    void of_an_array_that_does_not_end_as_one_nothing_is_taken(String body) {
        Reply reply = app.post(PATH, body.replace("%s", VALID.formatted("one")));
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.json().path("detail").asString()).contains("Nothing was taken");
        assertThat(jobs()).isZero();
    }

    @Test
    void one_too_long_to_be_looked_at_first_says_so_behind_the_items_that_were_taken() {
        String begin = "[null, " + "7, ".repeat(10_000);
        assertThat(statuses(array(begin + VALID.formatted("one") + ", {\"models\": [")))
                .endsWith(422, 202, 400);
        assertThat(statuses(array(begin + VALID.formatted("two") + "] x"))).endsWith(422, 202, 400);
        assertThat(jobs()).isEqualTo(2);
    }

    @Test
    void thousands_of_jobs_in_one_request_are_all_there_and_run() {
        List<JsonNode> results = lines(IntStream.range(0, 3000)
                .mapToObj(n -> VALID.formatted("j" + n))
                .collect(Collectors.joining("\n"))
                .getBytes());
        assertThat(statuses(results)).hasSize(3000).containsOnly(202);
        await().atMost(Duration.ofMinutes(2))
                .until(() -> app.metric("beacon_jobs_total", "status=\"completed\"") == 3000);
    }
}
