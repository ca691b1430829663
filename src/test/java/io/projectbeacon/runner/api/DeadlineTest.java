package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A job's timeout: it counts from the job's start, stops its calls, and ends it with the status its cells give. */
class DeadlineTest {

    private static final String SPEC =
            "{\"id\": \"%s\", \"models\": [\"a\", \"b\"], \"regions\": [\"us-east\", \"eu-west\"], \"constraints\": {%s}}";

    private final String database = TestServers.newDatabase();
    private final String redis = TestServers.newRedisUrl();
    private FakeProvider provider;

    @BeforeEach
    void startProvider() throws Exception {
        provider = FakeProvider.start();
    }

    @AfterEach
    void stopProvider() {
        provider.close();
    }

    private RunnerApp runner(String... properties) {
        List<String> all = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
        all.add("--beacon.lock.ttl=600ms");
        all.addAll(List.of(properties));
        return RunnerApp.start(database, redis, all);
    }

    @Test
    void when_its_time_is_up_a_job_ends_with_true_statuses_and_its_calls_are_interrupted() {
        provider.hold("us-east");
        try (RunnerApp app = runner("--beacon.regions.us-east.max-in-flight=1")) {
            app.submit(SPEC.formatted("j", "\"timeout\": \"1s\""));
            JsonNode job = app.ended("j");
            assertThat(job.path("status").asString()).isEqualTo("partial");
            assertThat(job.at("/cells/completed").asInt()).isEqualTo(2);
            assertThat(job.at("/cells/failed").asInt()).isEqualTo(1);
            assertThat(job.at("/cells/pending").asInt()).isEqualTo(1);
            JsonNode cell = app.cells("j").values().stream()
                    .filter(each -> each.path("status").asString().equals("failed"))
                    .findFirst()
                    .orElseThrow();
            assertThat(cell.at("/error/code").asString()).isEqualTo("deadline_exceeded");
            assertThat(cell.at("/attempts/0/outcome").asString()).isEqualTo("unknown");
            await().until(() -> app.metric("beacon_executions_in_flight") == 0);
            assertThat(app.metric("beacon_executions_unknown_total")).isEqualTo(1);
            assertThat(app.metric("beacon_executions_unknown_total", "cause=\"deadline\""))
                    .isEqualTo(1);
            assertThat(app.metric("beacon_jobs_total", "status=\"partial\"")).isEqualTo(1);

            // A retry has the whole timeout again, counted from its own start.
            provider.release("us-east");
            app.post("/api/v1/jobs/j/retry", "");
            assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        }
    }

    @Test
    void under_hold_a_call_that_the_deadline_interrupts_leaves_its_cell_unknown() {
        provider.hold("us-east");
        provider.hold("eu-west");
        try (RunnerApp app = runner()) {
            app.submit(SPEC.formatted("j", "\"timeout\": \"700ms\", \"on_unknown\": \"hold\""));
            JsonNode job = app.ended("j");
            assertThat(job.path("status").asString()).isEqualTo("failed");
            assertThat(job.at("/cells/unknown").asInt()).isEqualTo(4);
        }
    }

    @Test
    void time_in_the_queue_does_not_count() {
        try (RunnerApp idle = runner("--beacon.worker.enabled=false")) {
            idle.submit(SPEC.formatted("j", "\"timeout\": \"10s\""));
            idle.jdbc()
                    .sql(
                            "UPDATE jobs SET created_at = created_at - interval '1 hour', queued_at = queued_at - interval '1 hour'")
                    .update();
        }
        try (RunnerApp app = runner()) {
            assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        }
    }

    @Test
    void a_takeover_does_not_give_a_job_more_time() {
        try (RunnerApp idle = runner("--beacon.worker.enabled=false")) {
            idle.submit(SPEC.formatted("j", "\"timeout\": \"10s\""));
            idle.jdbc()
                    .sql(
                            "UPDATE jobs SET created_at = now() - interval '1 hour', queued_at = now() - interval '1 hour',"
                                    + " status = 'running', fence = 3, started_at = now() - interval '20s'")
                    .update();
        }
        try (RunnerApp app = runner()) {
            JsonNode job = app.ended("j");
            assertThat(job.path("status").asString()).isEqualTo("failed");
            assertThat(job.at("/cells/pending").asInt()).isEqualTo(4);
            assertThat(provider.calls()).isEmpty();
        }
    }

    @Test
    void a_job_that_does_not_say_has_the_default() {
        provider.hold("us-east");
        try (RunnerApp app = runner("--beacon.jobs.default-timeout=700ms")) {
            app.submit(SPEC.formatted("j", ""));
            assertThat(app.ended("j").path("status").asString()).isEqualTo("partial");
        }
    }

    @Test
    void a_cell_that_waits_for_its_next_attempt_keeps_the_error_of_its_last() {
        provider.failWith("us-east", 503);
        try (RunnerApp app = runner("--beacon.inference.backoff.initial=20s")) {
            app.submit(SPEC.formatted("j", "\"timeout\": \"1s\", \"on_unknown\": \"hold\""));
            assertThat(app.ended("j").path("status").asString()).isEqualTo("partial");
            JsonNode cell = app.cells("j").get("us-east/a");
            assertThat(cell.path("status").asString()).isEqualTo("failed");
            assertThat(cell.at("/error/code").asString()).isEqualTo("http_503");
            assertThat(cell.at("/attempts/0/outcome").asString()).isEqualTo("failed");
            assertThat(app.metric("beacon_executions_unknown_total")).isZero();
        }
    }
}
