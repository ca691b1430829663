package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.Race;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Submissions past a bound on what may wait are refused and change nothing. */
class BackPressureTest {

    private static final int BOUND = 20;
    private static final String SPEC =
            "{\"id\": \"%s\", \"models\": [\"a\", \"b\", \"b\"], \"regions\": [\"us-east\"]}";

    private RunnerApp app;

    @BeforeEach
    void aReplicaThatRunsNothing() {
        app = RunnerApp.fresh("--beacon.worker.enabled=false", "--beacon.jobs.max-queued-cells=" + BOUND);
    }

    @AfterEach
    void stop() {
        app.close();
    }

    private long queuedCells() {
        return app.jdbc()
                .sql("SELECT coalesce(sum(cells), 0) FROM jobs WHERE status = 'queued'")
                .query(Long.class)
                .single();
    }

    @Test
    void past_the_bound_a_submission_is_refused_and_changes_nothing_and_a_replay_is_answered() {
        for (int job = 0; job < BOUND / 2; job++) {
            assertThat(app.submit(SPEC.formatted("job-" + job)).status()).isEqualTo(202);
        }
        Reply refused = app.submit(SPEC.formatted("one-more"));
        assertThat(refused.status()).isEqualTo(429);
        assertThat(Integer.parseInt(refused.header("Retry-After"))).isPositive();
        assertThat(refused.header("Content-Type")).startsWith("application/problem+json");
        assertThat(refused.json().path("detail").asString()).contains("beacon.jobs.max-queued-cells");
        assertThat(app.get("/api/v1/jobs/one-more").status()).isEqualTo(404);
        assertThat(app.metric("beacon_duplicates_total", "layer=\"input\"")).isEqualTo(BOUND / 2);
        assertThat(app.metric("beacon_jobs_queued_cells")).isEqualTo(BOUND);

        Reply replayed = app.submit(SPEC.formatted("job-3"));
        assertThat(replayed.status()).isEqualTo(200);
        assertThat(replayed.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(app.submit(SPEC.formatted("job-3").replace("us-east", "eu-west"))
                        .status())
                .isEqualTo(409);

        assertThat(app.post("/api/v1/jobs/job-0/cancel", "").status()).isEqualTo(202);
        await().until(() -> app.submit(SPEC.formatted("one-more")).status() == 202);
    }

    @Test
    void an_item_of_a_batch_that_is_refused_says_when_to_send_it_again() {
        JsonNode results = app.post(
                        "/api/v1/jobs:batch", "[" + SPEC.formatted("fits") + ", " + tooLarge("too-large") + ", {}]")
                .json()
                .path("results");
        assertThat(results.at("/0/status").asInt()).isEqualTo(202);
        assertThat(results.at("/0/retry_after").isMissingNode()).isTrue();
        assertThat(results.at("/1/status").asInt()).isEqualTo(429);
        assertThat(results.at("/1/retry_after").asInt()).isPositive();
        assertThat(results.at("/2/status").asInt()).isEqualTo(422);
        assertThat(results.at("/2/retry_after").isMissingNode()).isTrue();
    }

    @Test
    void fifty_that_submit_at_once_do_not_get_past_the_bound() throws Exception {
        List<Callable<Integer>> posts = new ArrayList<>();
        for (int job = 0; job < 50; job++) {
            String spec = SPEC.formatted("job-" + job);
            posts.add(() -> app.submit(spec).status());
        }
        try (Race race = new Race(posts.size())) {
            List<Integer> statuses = race.run(posts);
            assertThat(statuses).containsOnly(202, 429);
            assertThat(queuedCells())
                    .isEqualTo(2L * statuses.stream().filter(s -> s == 202).count())
                    .isBetween(BOUND / 2L, (long) BOUND);
        }
    }

    @Test
    void a_job_that_is_larger_than_the_bound_is_refused_with_the_reason() {
        Reply refused = app.submit(tooLarge("too-large"));
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.json().path("detail").asString()).contains("21");
    }

    @Test
    void past_the_bound_on_bytes_a_submission_is_refused_and_told_which_bound_it_is() {
        String large = SPEC.replace("\"models\"", "\"prompt\": \"" + "é".repeat(5_000) + "\", \"models\"");
        try (RunnerApp small =
                RunnerApp.fresh("--beacon.worker.enabled=false", "--beacon.jobs.max-queued-bytes=50000")) {
            assertThat(small.submit(large.formatted("one")).status()).isEqualTo(202);
            assertThat(small.submit(large.formatted("two")).status()).isEqualTo(202);
            Reply refused = small.submit(large.formatted("three"));
            assertThat(refused.status()).isEqualTo(429);
            assertThat(Integer.parseInt(refused.header("Retry-After"))).isPositive();
            assertThat(refused.json().path("detail").asString())
                    .contains("50000 bytes", "beacon.jobs.max-queued-bytes");
            assertThat(small.submit(SPEC.formatted("small")).status())
                    .as("a small one fits beside them")
                    .isEqualTo(202);
            assertThat(small.jdbc()
                            .sql(
                                    "SELECT bool_and(text_bytes = octet_length(spec::text) + octet_length(content::text)) FROM jobs")
                            .query(Boolean.class)
                            .single())
                    .isTrue();

            assertThat(small.post("/api/v1/jobs/one/cancel", "").status()).isEqualTo(202);
            await().until(() -> small.submit(large.formatted("three")).status() == 202);
        }
    }

    private static String tooLarge(String id) {
        String models = String.join(
                "\", \"", IntStream.rangeClosed(0, BOUND).mapToObj(n -> "m" + n).toList());
        return "{\"id\": \"" + id + "\", \"models\": [\"" + models + "\"], \"regions\": [\"us-east\"]}";
    }
}
