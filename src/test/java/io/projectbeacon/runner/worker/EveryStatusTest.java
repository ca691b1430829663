package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Puts each status that a job or a cell can be left in into the database, as a vanished runner would have left it, and
 * checks that the service finishes the job. A new status has to be added here: the switches are exhaustive.
 */
class EveryStatusTest {

    /** The state that a runner left: a job's status, its only cell's status and outcome, and the job's mode. */
    private record Left(JobStatus job, ExecutionStatus cell, ExecutionStatus outcome, String onUnknown) {

        String id() {
            return "%s-%s-%s-%s".formatted(job, cell, outcome, onUnknown).toLowerCase();
        }
    }

    private static boolean isFinal(JobStatus status) {
        return switch (status) {
            case QUEUED, RUNNING -> false;
            case COMPLETED, PARTIAL, FAILED, CANCELLED -> true;
        };
    }

    /** The outcomes that the latest attempt of a cell of this status may have while its job is not finished. */
    private static List<ExecutionStatus> outcomes(ExecutionStatus cell) {
        return switch (cell) {
            case RUNNING -> List.of(ExecutionStatus.RUNNING, ExecutionStatus.FAILED, ExecutionStatus.UNKNOWN);
            case COMPLETED -> List.of(ExecutionStatus.COMPLETED);
            case FAILED -> List.of(ExecutionStatus.FAILED, ExecutionStatus.UNKNOWN);
            case CANCELLED -> List.of(ExecutionStatus.UNKNOWN);
            case UNKNOWN -> List.of(ExecutionStatus.UNKNOWN);
        };
    }

    /** The job's final status when no client asks for a retry. */
    private static String expected(Left left) {
        boolean hold = left.onUnknown().equals("hold");
        return switch (left.cell()) {
            case RUNNING -> hold && left.outcome() == ExecutionStatus.RUNNING ? "failed" : "completed";
            case COMPLETED -> "completed";
            case FAILED, CANCELLED, UNKNOWN -> "failed";
        };
    }

    @Test
    void every_status_that_is_not_final_has_an_owner_and_a_way_out() throws Exception {
        String database = TestServers.newDatabase();
        String redis = TestServers.newRedisUrl();
        try (FakeProvider provider = FakeProvider.start()) {
            List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
            properties.add("--beacon.lock.ttl=600ms");
            List<String> idle = new ArrayList<>(properties);
            idle.add("--beacon.worker.enabled=false");
            Map<String, String> ends = new LinkedHashMap<>();
            try (RunnerApp app = RunnerApp.start(database, redis, idle)) {
                for (JobStatus job : JobStatus.values()) {
                    if (!isFinal(job)) {
                        leave(app, job, ends);
                    }
                }
            }
            assertThat(ends).hasSizeGreaterThan(25);
            try (RunnerApp app = RunnerApp.start(database, redis, properties)) {
                Map<String, String> found = new LinkedHashMap<>();
                ends.keySet()
                        .forEach(
                                id -> found.put(id, app.ended(id).path("status").asString()));
                assertThat(found).isEqualTo(ends);
            }
        }
    }

    private static void leave(RunnerApp app, JobStatus job, Map<String, String> ends) {
        for (String onUnknown : List.of("rerun", "hold")) {
            String neverClaimed = (job + "-never-claimed-" + onUnknown).toLowerCase();
            submit(app, neverClaimed, job, onUnknown);
            ends.put(neverClaimed, "completed");
            for (ExecutionStatus cell : ExecutionStatus.values()) {
                for (ExecutionStatus outcome : outcomes(cell)) {
                    Left left = new Left(job, cell, outcome, onUnknown);
                    submit(app, left.id(), job, onUnknown);
                    insert(app, left);
                    ends.put(left.id(), expected(left));
                }
            }
        }
    }

    private static void submit(RunnerApp app, String id, JobStatus status, String onUnknown) {
        app.submit(
                "{\"id\": \"%s\", \"models\": [\"a\"], \"regions\": [\"us-east\"], \"constraints\": {\"on_unknown\": \"%s\"}}"
                        .formatted(id, onUnknown));
        app.jdbc()
                .sql("UPDATE jobs SET status = ?, fence = 1, started_at = clock_timestamp() WHERE jobspec_id = ?")
                .params(status.wireName(), id)
                .update();
    }

    private static void insert(RunnerApp app, Left left) {
        app.jdbc()
                .sql("""
                        INSERT INTO executions
                          (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at,
                           started_at, completed_at, attempt_ended_at, error_code, error_message, error_provider)
                        SELECT id, 'us-east', 'a', :status, 1, :outcome, 1, gen_random_uuid(), 'gone', now(), now(),
                          CASE WHEN :status <> 'running' THEN now() END,
                          CASE WHEN :status = 'running' AND :outcome <> 'running' THEN now() END, 'x', 'x', 'x'
                        FROM jobs WHERE jobspec_id = :id
                        """)
                .param("status", left.cell().wireName())
                .param("outcome", left.outcome().wireName())
                .param("id", left.id())
                .update();
    }
}
