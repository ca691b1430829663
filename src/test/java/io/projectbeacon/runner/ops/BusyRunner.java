package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A real runner with two regions, given work that counts on every meter. */
final class BusyRunner implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** How many cells may wait. */
    private static final int QUEUE = 100;

    private final FakeProvider provider;
    private final RunnerApp app;
    private int round;

    private BusyRunner(FakeProvider provider, RunnerApp app) {
        this.provider = provider;
        this.app = app;
    }

    static BusyRunner start() throws IOException {
        FakeProvider provider = FakeProvider.start();
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
        properties.add("--beacon.regions.eu-west.max-in-flight-total=50");
        properties.add("--beacon.inference.max-attempts=2");
        properties.add("--beacon.inference.backoff.max=100ms");
        properties.add("--beacon.inference.breaker.window=4");
        properties.add("--beacon.inference.breaker.open-for=500ms");
        properties.add("--beacon.audit.interval=500ms");
        properties.add("--beacon.jobs.max-queued-cells=" + QUEUE);
        return new BusyRunner(
                provider, RunnerApp.start(TestServers.newDatabase(), TestServers.newRedisUrl(), properties));
    }

    RunnerApp app() {
        return app;
    }

    /** Does work of every kind under new job ids; a rate needs a second round, begun after the first was scraped. */
    void work() {
        round++;
        duplicatesAndARetry("retried-" + round);
        aRegionThatRefuses("throttled-" + round);
        callsWhoseEndIsNeverSeen("unknown-" + round);
        aRegionThatFails("failing-" + round);
        aJobForWhichThereIsNoRoom("large-" + round);
        aRequestThatCannotBeAnswered();
        System.gc();
    }

    private void duplicatesAndARetry(String job) {
        provider.failWith("eu-west", 400);
        submit(job, "\"a\", \"a\", \"b\"", "\"us-east\", \"eu-west\"");
        app.ended(job);
        provider.recover("eu-west");
        app.post("/api/v1/jobs/" + job + "/retry", "");
        app.ended(job);
    }

    private void aRegionThatRefuses(String job) {
        double before = app.metric("beacon_region_throttled_total");
        provider.failWith("us-east", 429, "0");
        submit(job, "\"a\"", "\"us-east\"");
        await(job).atMost(PATIENCE).until(() -> app.metric("beacon_region_throttled_total") > before);
        provider.recover("us-east");
        app.ended(job);
    }

    private void callsWhoseEndIsNeverSeen(String job) {
        provider.closeAfterReading("us-east");
        submit(job, "\"a\"", "\"us-east\"");
        app.ended(job);
        provider.recover("us-east");
    }

    private void aRegionThatFails(String job) {
        provider.failWith("eu-west", 503);
        submit(job, "\"a\", \"b\", \"c\"", "\"eu-west\"");
        await(job).atMost(PATIENCE).until(() -> app.metric("beacon_region_breaker_open", "region=\"eu-west\"") == 1);
        provider.recover("eu-west");
        app.ended(job);
    }

    private void aJobForWhichThereIsNoRoom(String job) {
        String models = IntStream.rangeClosed(0, QUEUE)
                .mapToObj(model -> "\"m" + model + "\"")
                .collect(Collectors.joining(", "));
        String body = "{\"id\": \"%s\", \"models\": [%s], \"regions\": [\"us-east\"]}".formatted(job, models);
        assertThat(app.post("/api/v1/jobs", body).status()).isEqualTo(429);
    }

    private void aRequestThatCannotBeAnswered() {
        app.jdbc().sql("ALTER TABLE execution_duplicates RENAME TO away").update();
        assertThat(app.get("/api/v1/duplicates").status()).isEqualTo(500);
        app.jdbc().sql("ALTER TABLE away RENAME TO execution_duplicates").update();
    }

    /** Inserts a second row for a cell, as no runner can: it drops the unique key first. The audit finds the row. */
    void allowADuplicate() {
        app.jdbc()
                .sql("ALTER TABLE executions DROP CONSTRAINT executions_cell_key")
                .update();
        app.jdbc().sql("""
                INSERT INTO executions
                  (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at,
                   completed_at)
                SELECT job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at,
                  started_at, completed_at
                FROM executions WHERE status = 'completed' LIMIT 1
                """).update();
        await("the audit")
                .atMost(PATIENCE)
                .until(() -> app.metric("beacon_duplicates_total", "outcome=\"allowed\"") == 1);
        app.jdbc()
                .sql("DELETE FROM executions WHERE id = (SELECT max(id) FROM executions)")
                .update();
        app.jdbc().sql("""
                ALTER TABLE executions ADD CONSTRAINT executions_cell_key UNIQUE (job_id, region, model_id)
                """).update();
    }

    private void submit(String job, String models, String regions) {
        app.submit("{\"id\": \"%s\", \"models\": [%s], \"regions\": [%s]}".formatted(job, models, regions));
    }

    @Override
    public void close() {
        app.close();
        provider.close();
    }
}
