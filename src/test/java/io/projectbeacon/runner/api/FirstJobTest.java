package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.Console;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Keys;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** One job from end to end: a JobSpec sent by HTTP, calls at a real HTTP provider, answers and counters read back. */
class FirstJobTest {

    private static final String DETECTED = "beacon_execution_duplicates_detected_total";

    private static FakeProvider provider;
    private static RunnerApp app;

    @BeforeAll
    static void start() throws IOException {
        provider = FakeProvider.start();
        app = RunnerApp.start(
                TestServers.newDatabase(),
                TestServers.newRedisUrl(),
                RunnerApp.calling(provider, "us-east", "eu-west"));
    }

    @AfterAll
    static void stop() {
        app.close();
        provider.close();
    }

    private static String idOf(Reply reply) {
        return reply.json().path("id").asString();
    }

    @Test
    void a_model_that_is_named_twice_runs_once_and_counts_one_detected_duplicate() {
        try (Console console = new Console()) {
            Reply reply = app.submit("{\"models\": [\"llama3.2-1b\",\"llama3.2-1b\"], \"regions\": [\"us-east\"]}");
            assertThat(reply.status()).isEqualTo(202);
            String id = idOf(reply);
            assertThat(reply.header("Location")).isEqualTo("/api/v1/jobs/" + id);

            JsonNode job = app.ended(id);
            assertThat(job.path("status").asString()).isEqualTo("completed");
            assertThat(app.cells(id)).containsOnlyKeys("us-east/llama3.2-1b");
            assertThat(app.metric(DETECTED, "job_id=\"" + id + "\"")).isEqualTo(1);
            assertThat(console.lines("🛑 DEDUP"))
                    .containsExactly(
                            "WARN 🛑 DEDUP: Skipping duplicate model ID job_id=" + id + " model_id=llama3.2-1b");
            assertThat(console.lines("Job accepted"))
                    .containsExactly("INFO Job accepted job_id=" + id + " normalized_models=2 unique_models=1 cells=1");
        }
    }

    @Test
    void two_models_named_twice_run_once_each_and_count_two() {
        String id = idOf(app.submit("{\"models\": [\"qwen2.5-1.5b\",\"llama3.2-1b\",\"qwen2.5-1.5b\",\"llama3.2-1b\"],"
                + " \"regions\": [\"us-east\"]}"));
        JsonNode job = app.ended(id);
        assertThat(job.at("/cells/total").asInt()).isEqualTo(2);
        assertThat(app.cells(id)).containsOnlyKeys("us-east/qwen2.5-1.5b", "us-east/llama3.2-1b");
        assertThat(app.metric(DETECTED, "job_id=\"" + id + "\"")).isEqualTo(2);
        assertThat(job.at("/duplicates/by_layer/input").asInt()).isEqualTo(2);
        assertThat(provider.calls())
                .filteredOn(call -> call.idempotencyKey().startsWith(id + "/"))
                .hasSize(2);
    }

    @Test
    void repeated_models_times_repeated_regions_count_every_cell_that_was_not_run() {
        try (Console console = new Console()) {
            String id = idOf(app.submit("{\"models\": [\"a\",\"a\"], \"regions\": [\"us-east\",\"US\"]}"));
            JsonNode job = app.ended(id);
            assertThat(job.at("/cells/total").asInt()).isEqualTo(1);
            assertThat(job.at("/duplicates/detected").asInt()).isEqualTo(3);
            assertThat(console.lines("🛑 DEDUP: Skipping duplicate region"))
                    .containsExactly("WARN 🛑 DEDUP: Skipping duplicate region job_id=" + id + " region=us-east");
        }
    }

    @Test
    void each_cell_is_answered_by_its_own_model_in_its_own_region() {
        String id = idOf(app.submit("{\"models\": [\"a\", {\"id\": \"b\", \"temperature\": 0.5}],"
                + " \"regions\": [\"us-east\", \"eu-west\"], \"prompt\": \"Where are you?\"}"));
        app.ended(id);
        Map<String, JsonNode> cells = app.cells(id);
        assertThat(cells).hasSize(4);
        cells.forEach((name, cell) -> assertThat(cell.at("/answers/0/response").asString())
                .contains(cell.path("model_id").asString())
                .contains(cell.path("region").asString())
                .contains("Where are you?"));
        assertThat(cells.values())
                .extracting(cell -> cell.at("/answers/0/response").asString())
                .doesNotHaveDuplicates();
        JsonNode cell = cells.get("us-east/b");
        assertThat(cell.path("attempts").size()).isEqualTo(1);
        assertThat(cell.at("/attempts/0/outcome").asString()).isEqualTo("completed");
        assertThat(cell.at("/attempts/0/fence").asInt()).isEqualTo(1);
        assertThat(cell.path("duration_ms").asLong()).isNotNegative();
    }

    @Test
    void the_stored_spec_comes_back_with_its_unknown_fields_as_they_came() {
        String spec = "{\"models\":[\"a\"],\"regions\":[\"us-east\"],\"metadata\":{\"team\":\"evals\",\"ratio\":1.10,"
                + "\"big\":123456789012345678901234567890,\"nested\":[{\"x\":null}]},\"flag\":true}";
        Reply reply = app.submit(spec);
        assertThat(reply.response().body()).contains("\"spec\":" + spec);
        assertThat(app.get("/api/v1/jobs/" + idOf(reply)).response().body()).contains("\"spec\":" + spec);
        assertThat(app.get("/api/v1/jobs").json().at("/jobs/0").has("spec")).isFalse();
    }

    @Test
    void what_the_portal_posts_is_taken_as_the_jobspec_inside() {
        String id = idOf(app.submit("{\"jobspec\": {\"models\": [\"a\"], \"questions\": [\"one\", \"two\"]},"
                + " \"target_regions\": [\"EU\"]}"));
        app.ended(id);
        JsonNode cell = app.cells(id).get("eu-west/a");
        assertThat(cell.path("answers").values())
                .extracting(answer -> answer.path("question").asString())
                .containsExactly("one", "two");
        assertThat(provider.calls())
                .filteredOn(call -> call.idempotencyKey().startsWith(id + "/"))
                .extracting(call -> Keys.withoutTag(call.idempotencyKey()))
                .containsExactly(id + "/eu-west/a/0", id + "/eu-west/a/1");
    }

    @Test
    void seventy_two_cells_are_listed_as_seventy_two_with_filters_pages_and_totals() {
        String models = String.join(
                ",", IntStream.range(0, 36).mapToObj(n -> "\"m" + n + "\"").toList());
        String id = idOf(app.submit("{\"models\": [" + models + "], \"regions\": [\"us-east\", \"eu-west\"]}"));
        app.ended(id);
        String path = "/api/v1/jobs/" + id + "/executions";
        assertThat(app.get(path).json().path("executions").size()).isEqualTo(72);
        assertThat(app.get(path + "?region=EU&total=true").json().path("total").asInt())
                .isEqualTo(36);
        assertThat(app.get(path + "?model_id=m7&status=completed")
                        .json()
                        .path("executions")
                        .size())
                .isEqualTo(2);

        int seen = 0;
        String cursor = "";
        do {
            JsonNode page = app.get(path + "?limit=30&total=true" + cursor).json();
            assertThat(page.path("total").asInt()).isEqualTo(72);
            seen += page.path("executions").size();
            cursor = page.path("next_cursor").isNull()
                    ? ""
                    : "&cursor=" + page.path("next_cursor").asString();
        } while (!cursor.isEmpty());
        assertThat(seen).isEqualTo(72);
    }

    @Test
    void jobs_are_listed_newest_first_by_status_and_in_pages() {
        List<String> ids = Stream.of("x", "y", "z")
                .map(model -> idOf(app.submit("{\"models\": [\"" + model + "\"], \"regions\": [\"us-east\"]}")))
                .toList();
        ids.forEach(app::ended);
        JsonNode page =
                app.get("/api/v1/jobs?status=completed&limit=2&total=true").json();
        assertThat(page.path("jobs").values())
                .extracting(job -> job.path("id").asString())
                .containsExactly(ids.get(2), ids.get(1));
        assertThat(page.path("total").asInt()).isGreaterThanOrEqualTo(3);
        assertThat(app.get("/api/v1/jobs?status=completed&limit=1&cursor="
                                + page.path("next_cursor").asString())
                        .json()
                        .at("/jobs/0/id")
                        .asString())
                .isEqualTo(ids.get(0));
    }

    @Test
    void a_page_ends_after_two_million_characters_of_answers_and_the_next_goes_on_behind_it() {
        String id = idOf(app.submit("{\"models\": [\"a\", \"b\", \"c\", \"d\"], \"regions\": [\"us-east\"]}"));
        app.ended(id);
        app.jdbc()
                .sql(
                        "UPDATE executions SET answers = json_build_array(json_build_object('response', repeat('x', 1200000)))"
                                + " WHERE job_id = (SELECT id FROM jobs WHERE jobspec_id = ?)")
                .param(id)
                .update();
        String path = "/api/v1/jobs/" + id + "/executions?limit=3";
        JsonNode first = app.get(path).json();
        assertThat(first.path("executions").size()).isEqualTo(2);
        JsonNode second = app.get(path + "&cursor=" + first.path("next_cursor").asString())
                .json();
        assertThat(second.path("executions").size()).isEqualTo(2);
        assertThat(second.path("next_cursor").isNull()).isTrue();
        assertThat(second.at("/executions/0/id").asLong())
                .isGreaterThan(first.at("/executions/1/id").asLong());
    }

    @Test
    void a_model_is_found_by_whatever_spelling_of_its_id_names_it_in_a_job() {
        String id = idOf(app.submit("{\"models\": [\" e\\u0301 \", \"\\u00e9\\u00a0\"], \"regions\": [\"us-east\"]}"));
        app.ended(id);
        for (String spelled : List.of("e%CC%81", "%C3%A9", "%20%C3%A9%C2%A0")) {
            for (String list : List.of("executions", "duplicates")) {
                assertThat(app.get("/api/v1/jobs/" + id + "/" + list + "?model_id=" + spelled)
                                .json()
                                .path(list)
                                .size())
                        .isEqualTo(1);
            }
        }
    }

    @Test
    void the_ledger_of_all_jobs_can_be_filtered() {
        String id = idOf(app.submit("{\"models\": [\"led\",\"led\",\"ger\"], \"regions\": [\"us-east\"]}"));
        app.ended(id);
        JsonNode entries = app.get("/api/v1/duplicates?model_id=led&layer=input&region=US&since=2020-01-01T00:00:00Z")
                .json()
                .path("duplicates");
        assertThat(entries.size()).isEqualTo(1);
        assertThat(entries.at("/0/jobspec_id").asString()).isEqualTo(id);
        assertThat(entries.at("/0/outcome").asString()).isEqualTo("detected");
        assertThat(app.get("/api/v1/duplicates?since=2999-01-01T00:00:00Z")
                        .json()
                        .path("duplicates")
                        .size())
                .isZero();
        assertThat(app.get("/api/v1/jobs/" + id + "/duplicates").json().path("duplicates"))
                .isEqualTo(entries);
    }
}
