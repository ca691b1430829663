package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.job.JobRoom;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.InstalledPostgres;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What a job asked and was answered is erased on request; that it was asked, and what became of its cells, stays. */
class ErasedContentTest {

    private static final String CANARY = "kanarienvogel";

    /** The word in each place that a client can fill, but for names: id, model, region and key. */
    private static final String SPEC = """
            {"id": "%s", "models": [{"id": "a", "name": "kanarienvogel", "x-kanarienvogel": 1}, "b", "c"],
             "regions": ["us-east"], "questions": ["kanarienvogel?", "and a second one?"], "system": "You are a kanarienvogel.",
             "parameters": {"stop": "kanarienvogel"}, "benchmark": {"name": "kanarienvogel"},
             "metadata": {"of": "kanarienvogel"}}""";

    private FakeProvider provider;

    @BeforeEach
    void aProviderThatRepeatsWhatItIsAsked() throws Exception {
        provider = FakeProvider.start();
    }

    @AfterEach
    void stop() {
        provider.close();
    }

    private RunnerApp started(String database) {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.retention.finished-jobs=1h");
        return RunnerApp.start(database, TestServers.newRedisUrl(), properties);
    }

    private RunnerApp started() {
        return started(TestServers.newDatabase());
    }

    private static String spec(String id) {
        return SPEC.formatted(id);
    }

    private static Reply erase(RunnerApp app, String id) {
        return app.delete("/api/v1/jobs/" + id + "/content");
    }

    private static String finished(RunnerApp app, String spec, String... headers) {
        String id = app.submit(spec, headers).json().path("id").asString();
        app.ended(id);
        return id;
    }

    /** A job with answers, one with refusals, and one with errors that were tried again. */
    private void jobsWithTheWordInEveryText(RunnerApp app) {
        finished(app, spec("answered"));
        provider.answerWith(
                "us-east", 400, "{\"error\": {\"message\": \"no kanarienvogel\", \"code\": \"not a kanarienvogel\"}}");
        finished(app, spec("refused"));
        provider.answerWith("us-east", 500, "{\"error\": {\"message\": \"broken kanarienvogel\"}}");
        finished(app, spec("broken"));
        provider.recover("us-east");
    }

    private static String everythingOverHttp(RunnerApp app) {
        StringBuilder all = new StringBuilder();
        for (String id : List.of("answered", "refused", "broken")) {
            for (String below : List.of("", "/executions", "/duplicates")) {
                all.append(app.get("/api/v1/jobs/" + id + below).response().body());
            }
            all.append(app.submit(spec(id)).response().body());
            all.append(app.submit("{\"id\": \"%s\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}".formatted(id))
                    .response()
                    .body());
        }
        for (String path : List.of("/api/v1/jobs?total=true", "/api/v1/duplicates", "/actuator/info")) {
            all.append(app.get(path).response().body());
        }
        return all.toString();
    }

    /** Each row of each table as text, and what ANALYZE has sampled of them. */
    private static String everythingInTheTables(RunnerApp app) {
        StringBuilder all = new StringBuilder();
        List<String> tables = app.jdbc()
                .sql("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
                .query(String.class)
                .list();
        assertThat(tables).contains("jobs", "executions", "execution_duplicates");
        tables.add("pg_stats");
        for (String table : tables) {
            app.jdbc()
                    .sql("SELECT t::text FROM " + table + " t")
                    .query(String.class)
                    .list()
                    .forEach(all::append);
        }
        return all.toString();
    }

    @Test
    void a_word_in_prompts_answers_and_errors_is_found_nowhere_afterwards() {
        try (RunnerApp app = started()) {
            jobsWithTheWordInEveryText(app);
            app.jdbc().sql("ANALYZE").update();
            assertThat(everythingInTheTables(app)).contains(CANARY);
            for (String id : List.of("answered", "refused", "broken")) {
                assertThat(app.get("/api/v1/jobs/" + id + "/executions")
                                .response()
                                .body())
                        .as(id)
                        .contains(CANARY);
                assertThat(erase(app, id).status()).isEqualTo(204);
            }
            assertThat(everythingOverHttp(app)).doesNotContain(CANARY);
            assertThat(everythingInTheTables(app)).doesNotContain(CANARY);
        }
    }

    /** Skipped where PostgreSQL's programs are not installed: the embedded server brings no pg_dump. */
    @Test
    void a_dump_of_the_database_has_no_trace_of_it() throws Exception {
        try (InstalledPostgres postgres = InstalledPostgres.start();
                RunnerApp app = started(postgres.newDatabase("beacon"))) {
            jobsWithTheWordInEveryText(app);
            String before = postgres.file("before.sql").toString();
            postgres.client("pg_dump", "--file=" + before, "beacon");
            assertThat(Files.readString(postgres.file("before.sql"), StandardCharsets.UTF_8))
                    .contains(CANARY);

            erase(app, "answered");
            erase(app, "refused");
            app.jdbc()
                    .sql("UPDATE jobs SET created_at = t, queued_at = t, started_at = t, finished_at = t"
                            + " FROM (SELECT now() - interval '2 hours' AS t) old WHERE jobspec_id = 'broken'")
                    .update();
            JobRoom.retain(app); // The other way in which content goes.

            postgres.client("pg_dump", "--file=" + postgres.file("after.sql"), "beacon");
            assertThat(Files.readString(postgres.file("after.sql"), StandardCharsets.UTF_8))
                    .contains("answered", "refused", "broken")
                    .doesNotContain(CANARY);
        }
    }

    @Test
    void the_job_says_so_and_keeps_its_account() {
        try (RunnerApp app = started()) {
            finished(app, spec("j").replace("\"b\"", "\"b\", \"b\""));
            JsonNode before = app.get("/api/v1/jobs/j").json();
            JsonNode cellBefore = app.cells("j").get("us-east/a");
            assertThat(before.has("content_erased_at")).isFalse();

            assertThat(erase(app, "j").status()).isEqualTo(204);

            JsonNode job = app.get("/api/v1/jobs/j").json();
            assertThat(job.path("content_erased_at").asString()).isNotEmpty();
            assertThat(job.has("spec")).isTrue();
            assertThat(job.path("spec").isNull()).isTrue();
            assertThat(job.path("warnings").isEmpty()).isTrue();
            for (String kept : List.of(
                    "id",
                    "status",
                    "models",
                    "regions",
                    "cells",
                    "duplicates",
                    "created_at",
                    "started_at",
                    "finished_at")) {
                assertThat(job.path(kept)).as(kept).isEqualTo(before.path(kept));
            }
            JsonNode cell = app.cells("j").get("us-east/a");
            assertThat(cell.path("answers").isArray()).isTrue();
            assertThat(cell.path("answers").isEmpty()).isTrue();
            for (String kept : List.of("id", "status", "attempt", "attempts", "duration_ms", "completed_at")) {
                assertThat(cell.path(kept)).as(kept).isEqualTo(cellBefore.path(kept));
            }
            assertThat(app.get("/api/v1/jobs/j/duplicates")
                            .json()
                            .path("duplicates")
                            .size())
                    .isEqualTo(1);

            assertThat(erase(app, "j").status()).isEqualTo(204);
            assertThat(app.get("/api/v1/jobs/j").json()).isEqualTo(job);
        }
    }

    @Test
    void the_same_jobspec_is_known_another_is_not_compared_and_a_retry_is_refused() {
        try (RunnerApp app = started()) {
            finished(app, spec("j"));
            String nameless = "{\"models\": [\"a\"], \"regions\": [\"us-east\"]}";
            String byKey = finished(app, nameless, "Idempotency-Key", "k");
            int calls = provider.calls().size();
            erase(app, "j");
            erase(app, byKey);

            Reply same = app.submit(spec("j"));
            assertThat(same.status()).isEqualTo(200);
            assertThat(same.header("Idempotent-Replayed")).isEqualTo("true");
            assertThat(same.json().path("content_erased_at").isNull()).isFalse();
            assertThat(app.submit(spec("j").replace("us-east", "US")).status()).isEqualTo(200);

            Reply other = app.submit(spec("j").replace("second", "third"));
            assertThat(other.status()).isEqualTo(409);
            assertThat(other.json().has("errors")
                            && !other.json().path("errors").isEmpty())
                    .isFalse();
            assertThat(other.json().path("detail").asString())
                    .contains("erased")
                    .doesNotContain("questions", "differs in");

            assertThat(app.submit(nameless, "Idempotency-Key", "k").status()).isEqualTo(200);
            assertThat(app.submit(nameless.replace("\"a\"", "\"b\""), "Idempotency-Key", "k")
                            .status())
                    .isEqualTo(422);

            assertThat(app.post("/api/v1/jobs/j/retry", "").status()).isEqualTo(409);
            assertThat(app.post("/api/v1/jobs/j/retry", "{\"include_unknown\": true}")
                            .status())
                    .isEqualTo(409);
            assertThat(app.post("/api/v1/jobs/j/cancel", "").status()).isEqualTo(409);
            assertThat(provider.calls()).hasSize(calls);
        }
    }

    @Test
    void a_job_that_an_earlier_version_stored_in_another_form_or_would_not_be_taken_today_is_still_known() {
        try (RunnerApp app = started()) {
            String heeded =
                    "{\"id\": \"%s\", \"models\": [\"a\"], \"regions\": [\"us-east\"], \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}";
            String samples =
                    "{\"id\": \"samples\", \"models\": [\"a\"], \"regions\": [\"us-east\"], \"prompt\": \"P\"%s}";
            finished(app, heeded.formatted("messages"));
            finished(app, samples.formatted(""));
            store(app, "messages", """
                    {"regions": ["us-east"], "models": [{"id": "a"}], "messages": [{"role": "user", "content": "Hi"}],
                     "prompt": "Who are you?", "priority": 0, "constraints": {"on_unknown": "rerun"}}""");
            store(app, "samples", """
                    {"regions": ["us-east"], "models": [{"id": "a"}], "prompt": "P", "samples": 2, "priority": 0,
                     "constraints": {"on_unknown": "rerun"}}""");
            erase(app, "messages");
            erase(app, "samples");

            assertThat(app.submit(heeded.formatted("messages")).status()).isEqualTo(200);
            assertThat(app.submit(samples.formatted(", \"samples\": 2")).status())
                    .isEqualTo(200);
            assertThat(app.submit(samples.formatted(", \"samples\": 3")).status())
                    .isEqualTo(422);
            assertThat(app.submit(samples.formatted("")).status()).isEqualTo(409);
        }
    }

    private static void store(RunnerApp app, String id, String content) {
        app.jdbc()
                .sql("UPDATE jobs SET content = ?::json WHERE jobspec_id = ?")
                .params(content, id)
                .update();
    }

    @Test
    void a_job_that_has_not_ended_is_not_erased_and_one_that_was_cancelled_is() {
        try (RunnerApp app = started()) {
            provider.hold("us-east");
            app.submit(spec("j"));
            await().atMost(Duration.ofSeconds(20)).until(() -> provider.calls().size() == 3);
            assertThat(erase(app, "j").status()).isEqualTo(409);
            assertThat(app.get("/api/v1/jobs/j").response().body()).contains(CANARY);
            assertThat(erase(app, "none").status()).isEqualTo(404);

            assertThat(app.post("/api/v1/jobs/j/cancel", "").status()).isEqualTo(202);
            assertThat(erase(app, "j").status()).isEqualTo(204);
            provider.release("us-east");
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> app.metric("beacon_executions_in_flight", "region=\"us-east\"") == 0);

            assertThat(app.get("/api/v1/jobs/j/executions").response().body()).doesNotContain(CANARY);
            assertThat(everythingInTheTables(app)).doesNotContain(CANARY);
            assertThat(app.post("/api/v1/jobs/j/cancel", "").status()).isEqualTo(200);
        }
    }

    @Test
    void retention_deletes_it_in_its_time() {
        try (RunnerApp app = started()) {
            finished(app, spec("j"));
            erase(app, "j");
            app.jdbc()
                    .sql("UPDATE jobs SET created_at = t, queued_at = t, started_at = t, finished_at = t"
                            + " FROM (SELECT now() - interval '2 hours' AS t) old")
                    .update();
            JobRoom.retain(app);
            assertThat(app.get("/api/v1/jobs/j").status()).isEqualTo(404);
            assertThat(app.submit(spec("j")).status()).isEqualTo(410);
        }
    }
}
