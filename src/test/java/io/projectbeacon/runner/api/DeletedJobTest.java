package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.job.JobRoom;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Race;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A job that retention has deleted is not paid for again: its id and its key stay taken. */
class DeletedJobTest {

    private static final String SPEC = "{\"id\": \"%s\", \"models\": [\"%s\"], \"regions\": [\"us-east\"]}";
    private static final String NAMELESS = "{\"models\": [\"%s\"], \"regions\": [\"us-east\"]}";

    private FakeProvider provider;
    private String database;
    private RunnerApp app;

    @BeforeEach
    void start() throws Exception {
        provider = FakeProvider.start();
        database = TestServers.newDatabase();
        app = started();
    }

    private RunnerApp started(String... further) {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.retention.finished-jobs=1h");
        properties.addAll(List.of(further));
        return RunnerApp.start(database, TestServers.newRedisUrl(), properties);
    }

    @AfterEach
    void stop() {
        app.close();
        provider.close();
    }

    private String finished(String spec, String... headers) {
        String id = app.submit(spec, headers).json().path("id").asString();
        assertThat(app.ended(id).path("status").asString()).isEqualTo("completed");
        return id;
    }

    private void finishedLongAgo(String id) {
        app.jdbc().sql("""
                        UPDATE jobs SET created_at = created_at - interval '2 hours', queued_at = queued_at - interval '2 hours',
                          started_at = started_at - interval '2 hours', finished_at = finished_at - interval '2 hours'
                        WHERE jobspec_id = ?""").param(id).update();
    }

    private String deleted(String spec, String... headers) {
        String id = finished(spec, headers);
        finishedLongAgo(id);
        JobRoom.retain(app);
        return id;
    }

    private void deletedItem(int index, String key, String spec) {
        String items = "[" + "0, ".repeat(index) + spec + "]";
        String id = app.post("/api/v1/jobs:batch", items, "Idempotency-Key", key)
                .json()
                .at("/results/" + index + "/id")
                .asString();
        assertThat(app.ended(id).path("status").asString()).isEqualTo("completed");
        finishedLongAgo(id);
        JobRoom.retain(app);
    }

    @Test
    void its_id_is_gone_whatever_the_content_and_nothing_runs() {
        deleted(SPEC.formatted("j", "a"));

        Reply again = app.submit(SPEC.formatted("j", "a"));
        assertThat(again.status()).isEqualTo(410);
        assertThat(again.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(again.json().path("detail").asString()).contains("id j", "deleted");
        assertThat(app.submit(SPEC.formatted("j", "other")).status()).isEqualTo(410);
        assertThat(app.submit(SPEC.formatted("j", "a"), "Idempotency-Key", "k").status())
                .isEqualTo(410);
        // Taken by an earlier version, refused by this one.
        assertThat(app.submit("{\"id\": \"j\", \"models\": [\"a\"], \"regions\": [\"us-east\"], \"samples\": 2}")
                        .status())
                .isEqualTo(410);

        finished(SPEC.formatted("later", "a"));
        assertThat(provider.calls()).hasSize(2);
    }

    @Test
    void its_key_is_gone_whatever_the_content_and_so_is_the_id_that_it_was_given() {
        String id = deleted(NAMELESS.formatted("a"), "Idempotency-Key", "k");

        assertThat(app.submit(NAMELESS.formatted("a"), "Idempotency-Key", "k").status())
                .isEqualTo(410);
        assertThat(app.submit(NAMELESS.formatted("b"), "Idempotency-Key", "k").status())
                .isEqualTo(410);
        assertThat(app.submit(SPEC.formatted(id, "a")).status()).isEqualTo(410);
        assertThat(app.submit(NAMELESS.formatted("a"), "Idempotency-Key", "k2").status())
                .isEqualTo(202);
    }

    @Test
    void an_item_of_a_batch_is_gone_and_stops_no_other() {
        deleted(SPEC.formatted("j", "a"));
        deletedItem(2, "k", NAMELESS.formatted("a"));

        List<JsonNode> results = app.post(
                        "/api/v1/jobs:batch",
                        "[%s, %s, %s]"
                                .formatted(
                                        SPEC.formatted("j", "a"), SPEC.formatted("new", "a"), NAMELESS.formatted("b")),
                        "Idempotency-Key",
                        "k")
                .json()
                .path("results")
                .valueStream()
                .toList();

        assertThat(results.stream().map(result -> result.path("status").asInt()))
                .containsExactly(410, 202, 410);
        assertThat(results.getFirst().at("/problem/status").asInt()).isEqualTo(410);
    }

    @Test
    void a_full_queue_does_not_hide_that_it_is_gone() {
        deleted(SPEC.formatted("j", "a"));
        app.close();
        app = started("--beacon.jobs.max-queued-cells=1", "--beacon.worker.enabled=false");
        assertThat(app.submit(SPEC.formatted("waits", "a")).status()).isEqualTo(202);
        assertThat(app.submit(SPEC.formatted("too-many", "a")).status()).isEqualTo(429);

        assertThat(app.submit(SPEC.formatted("j", "a")).status()).isEqualTo(410);
    }

    @Test
    void it_is_unknown_to_a_reader_a_retry_a_cancel_and_an_erasure_and_is_in_no_list_and_no_count() {
        deleted(SPEC.formatted("j", "a"));
        finished(SPEC.formatted("stays", "a"));

        for (String below : List.of("", "/executions", "/duplicates")) {
            assertThat(app.get("/api/v1/jobs/j" + below).status()).as(below).isEqualTo(404);
        }
        assertThat(app.post("/api/v1/jobs/j/retry", "").status()).isEqualTo(404);
        assertThat(app.post("/api/v1/jobs/j/cancel", "").status()).isEqualTo(404);
        assertThat(app.delete("/api/v1/jobs/j/content").status()).isEqualTo(404);
        for (String list : List.of("?total=true", "?total=true&status=completed", "?total=true&limit=1")) {
            JsonNode page = app.get("/api/v1/jobs" + list).json();
            assertThat(page.path("jobs").valueStream().map(job -> job.path("id").asString()))
                    .as(list)
                    .containsExactly("stays");
            assertThat(page.path("total").asInt()).as(list).isEqualTo(1);
            assertThat(page.path("next_cursor").isNull()).as(list).isTrue();
        }
        assertThat(app.metric("beacon_jobs_by_status")).isEqualTo(1);
        assertThat(provider.calls()).hasSize(2);
    }

    @Test
    void jobs_beside_many_deleted_ones_are_listed_page_by_page_newest_first() {
        for (int n = 0; n < 6; n++) {
            finished(SPEC.formatted("j" + n, "a"));
        }
        List.of("j1", "j3", "j4").forEach(this::finishedLongAgo);
        JobRoom.retain(app);

        List<String> listed = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = app.get("/api/v1/jobs?limit=1" + cursor).json();
            page.path("jobs")
                    .valueStream()
                    .forEach(job -> listed.add(job.path("id").asString()));
            cursor = page.path("next_cursor").isNull()
                    ? null
                    : "&cursor=" + page.path("next_cursor").asString();
        } while (cursor != null);

        assertThat(listed).containsExactly("j5", "j2", "j0");
    }

    @Test
    void after_its_own_time_the_id_is_free_and_the_new_job_has_keys_of_its_own() {
        deleted(SPEC.formatted("j", "a"));
        app.close();
        app = started("--beacon.retention.ids=1d");
        JobRoom.retain(app);
        assertThat(app.submit(SPEC.formatted("j", "a")).status()).isEqualTo(410);

        app.jdbc()
                .sql("UPDATE jobs SET deleted_at = now() - interval '25 hours'")
                .update();
        JobRoom.retain(app);

        assertThat(app.submit(SPEC.formatted("j", "a")).status()).isEqualTo(202);
        app.ended("j");
        assertThat(provider.calls().stream().map(FakeProvider.Call::idempotencyKey))
                .hasSize(2)
                .doesNotHaveDuplicates();
    }

    /** Also beside the retention's transaction, whichever of them is first. */
    @Test
    void posts_beside_the_deletion_are_shown_the_job_or_that_it_is_gone_and_it_never_runs_again() throws Exception {
        int rounds = 60;
        for (int n = 0; n < rounds; n++) {
            app.submit(SPEC.formatted("race-" + n, "a"));
        }
        List<Integer> statuses = new ArrayList<>();
        try (Race race = new Race(6)) {
            for (int n = 0; n < rounds; n++) {
                String id = "race-" + n;
                app.ended(id);
                finishedLongAgo(id);
                Callable<Integer> post =
                        () -> app.submit(SPEC.formatted(id, "a")).status();
                Callable<Integer> retry =
                        () -> app.post("/api/v1/jobs/" + id + "/retry", "").status();
                Callable<Integer> retention = () -> {
                    JobRoom.retain(app);
                    return 0;
                };
                List<Integer> round = race.run(List.of(post, post, retention, post, post, retry));
                assertThat(round.get(5)).isIn(202, 404);
                for (int posted : List.of(0, 1, 3, 4)) {
                    statuses.add(round.get(posted));
                }
            }
        }
        for (int n = 0; n < rounds; n++) {
            if (app.get("/api/v1/jobs/race-" + n).status() == 200) {
                app.ended("race-" + n);
            }
        }
        assertThat(statuses).hasSize(4 * rounds).containsOnly(200, 410);
        assertThat(provider.calls()).hasSize(rounds);
    }
}
