package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A job is cancelled at one runner while another runner runs it. */
class CancelTest {

    private static final String SPEC =
            "{\"id\": \"j\", \"models\": [\"a\", \"b\", \"c\"], \"regions\": [\"us-east\"], \"constraints\": {%s}}";

    private FakeProvider provider;
    private RunnerApp api;
    private RunnerApp worker;

    @BeforeEach
    void aWorkerAndAnotherRunner() throws Exception {
        provider = FakeProvider.start();
        String database = TestServers.newDatabase();
        String redis = TestServers.newRedisUrl();
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.regions.us-east.max-in-flight=2");
        worker = RunnerApp.start(database, redis, properties);
        properties.add("--beacon.worker.enabled=false");
        api = RunnerApp.start(database, redis, properties);
    }

    @AfterEach
    void stop() {
        provider.close();
        api.close();
        worker.close();
    }

    private void twoOfThreeCallsUnderWay(String constraints) {
        provider.hold("us-east");
        assertThat(api.submit(SPEC.formatted(constraints)).status()).isEqualTo(202);
        await().atMost(Duration.ofSeconds(20)).until(() -> provider.calls().size() == 2);
    }

    private double inFlight() {
        return worker.metric("beacon_executions_in_flight", "region=\"us-east\"");
    }

    @Test
    void running_calls_are_interrupted_within_a_second_and_waiting_cells_never_start() {
        twoOfThreeCallsUnderWay("");
        JsonNode cancelled = api.post("/api/v1/jobs/j/cancel", "").json();
        // 1 s for the runner to see the cancel, and 1 s for the scrape.
        await().atMost(Duration.ofSeconds(2)).until(() -> inFlight() == 0);
        assertThat(cancelled.path("status").asString()).isEqualTo("cancelled");
        assertThat(cancelled.path("finished_at").isNull()).isFalse();
        assertThat(cancelled.at("/cells/cancelled").asInt()).isEqualTo(2);
        assertThat(cancelled.at("/cells/pending").asInt()).isEqualTo(1);

        provider.release("us-east");
        await().during(Duration.ofMillis(700)).until(() -> provider.calls().size() == 2);
        JsonNode later = api.get("/api/v1/jobs/j").json();
        assertThat(later).isEqualTo(cancelled);
        assertThat(api.cells("j").values())
                .allSatisfy(cell ->
                        assertThat(cell.at("/attempts/0/outcome").asString()).isEqualTo("unknown"));
        assertThat(api.metric("beacon_executions_unknown_total")).isEqualTo(2);
        assertThat(api.metric("beacon_executions_unknown_total", "cause=\"cancel\""))
                .isEqualTo(2);
        assertThat(api.metric("beacon_executions_total", "status=\"cancelled\""))
                .isEqualTo(2);
        assertThat(api.metric("beacon_jobs_total", "status=\"cancelled\"")).isEqualTo(1);
        assertThat(worker.metric("beacon_jobs_total")).isZero();
    }

    @Test
    void under_hold_a_cell_whose_call_was_interrupted_is_unknown() {
        twoOfThreeCallsUnderWay("\"on_unknown\": \"hold\"");
        JsonNode cancelled = api.post("/api/v1/jobs/j/cancel", "").json();
        assertThat(cancelled.path("status").asString()).isEqualTo("cancelled");
        assertThat(cancelled.at("/cells/unknown").asInt()).isEqualTo(2);

        await().until(() -> inFlight() == 0);
        provider.release("us-east");
        // A plain retry calls the cell that was never claimed; the unknown cells need include_unknown.
        assertThat(api.post("/api/v1/jobs/j/retry", "").status()).isEqualTo(202);
        JsonNode ended = api.ended("j");
        assertThat(ended.path("status").asString()).isEqualTo("partial");
        assertThat(ended.at("/cells/unknown").asInt()).isEqualTo(2);
        assertThat(provider.calls()).hasSize(3);
    }

    @Test
    void a_cancel_answers_by_the_state_of_its_job() {
        assertThat(api.post("/api/v1/jobs/none/cancel", "").status()).isEqualTo(404);
        twoOfThreeCallsUnderWay("");
        assertThat(api.post("/api/v1/jobs/j/cancel", "").status()).isEqualTo(202);
        assertThat(api.post("/api/v1/jobs/j/cancel", "").status()).isEqualTo(200);
        assertThat(api.metric("beacon_jobs_total", "status=\"cancelled\"")).isEqualTo(1);

        provider.release("us-east");
        assertThat(api.post("/api/v1/jobs/j/retry", "").status()).isEqualTo(202);
        assertThat(api.ended("j").path("status").asString()).isEqualTo("completed");
        assertThat(api.post("/api/v1/jobs/j/cancel", "").status()).isEqualTo(409);
        assertThat(api.get("/api/v1/jobs/j").json().path("status").asString()).isEqualTo("completed");
    }

    @Test
    void a_cancel_of_the_retry_of_a_job_with_all_cells_completed_leaves_it_completed() {
        api.submit(SPEC.formatted(""));
        assertThat(api.ended("j").path("status").asString()).isEqualTo("completed");
        worker.close();
        api.post("/api/v1/jobs/j/retry", "");

        Reply cancelled = api.post("/api/v1/jobs/j/cancel", "");

        assertThat(cancelled.status()).isEqualTo(202);
        assertThat(cancelled.json().path("status").asString()).isEqualTo("completed");
        assertThat(cancelled.json().path("finished_at").isNull()).isFalse();
        assertThat(api.metric("beacon_jobs_total", "status=\"completed\"")).isEqualTo(1);
        assertThat(api.post("/api/v1/jobs/j/cancel", "").status()).isEqualTo(409);
    }

    @Test
    void a_cancel_of_the_retry_of_a_job_with_a_cell_to_run_leaves_it_cancelled() {
        provider.failWith("us-east", 400);
        api.submit(SPEC.formatted(""));
        assertThat(api.ended("j").path("status").asString()).isEqualTo("failed");
        worker.close();
        api.post("/api/v1/jobs/j/retry", "");
        assertThat(api.post("/api/v1/jobs/j/cancel", "").json().path("status").asString())
                .isEqualTo("cancelled");
    }

    @Test
    void a_queued_job_that_is_cancelled_never_runs() {
        try (RunnerApp idle = RunnerApp.fresh("--beacon.worker.enabled=false")) {
            idle.submit(SPEC.formatted(""));
            assertThat(idle.post("/api/v1/jobs/j/cancel", "").status()).isEqualTo(202);
            JsonNode job = idle.get("/api/v1/jobs/j").json();
            assertThat(job.path("status").asString()).isEqualTo("cancelled");
            assertThat(job.path("started_at").isNull()).isTrue();
            assertThat(job.at("/cells/pending").asInt()).isEqualTo(3);
        }
    }
}
