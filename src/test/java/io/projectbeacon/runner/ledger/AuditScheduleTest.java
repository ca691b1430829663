package io.projectbeacon.runner.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two whole runners audit one database, each on its own schedule. */
class AuditScheduleTest {

    private static final String[] AUDITED = {"beacon_duplicates_total", "layer=\"audit\"", "outcome=\"allowed\""};
    private static final String MORE_ROWS = """
            INSERT INTO executions
              (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at,
               completed_at)
            SELECT job_id, region, model_id, status, attempt, outcome, fence, gen_random_uuid(), runner, created_at,
              started_at, completed_at
            FROM executions LIMIT ?
            """;

    @Test
    void a_dropped_key_and_rows_made_by_hand_are_seen_soon_and_counted_once_by_both_together() {
        String database = TestServers.newDatabase();
        String redis = TestServers.newRedisUrl();
        List<String> properties = List.of("--beacon.audit.interval=100ms", "--beacon.inference.simulated.latency=0ms");
        try (RunnerApp one = RunnerApp.start(database, redis, properties);
                RunnerApp two = RunnerApp.start(database, redis, properties)) {
            one.submit("{\"id\": \"job\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}");
            one.ended("job");
            await().until(() -> one.metric("beacon_executions_unique_key_missing") == 0);

            one.jdbc()
                    .sql("ALTER TABLE executions DROP CONSTRAINT executions_cell_key")
                    .update();
            one.jdbc().sql(MORE_ROWS).param(1).update();
            for (RunnerApp runner : List.of(one, two)) {
                await().until(() -> runner.metric("beacon_executions_unique_key_missing") == 1);
            }
            await().until(() -> counted(one) + counted(two) == 1);

            one.jdbc().sql(MORE_ROWS).param(2).update();
            await().until(() -> counted(one) + counted(two) == 3);
            // Several more audits of both find nothing new.
            await().during(Duration.ofSeconds(1)).until(() -> counted(one) + counted(two) == 3);
            assertThat(one.get("/api/v1/jobs/job")
                            .json()
                            .path("duplicates")
                            .path("allowed")
                            .asInt())
                    .isEqualTo(3);
        }
    }

    private static double counted(RunnerApp runner) {
        return runner.metric(AUDITED[0], AUDITED[1], AUDITED[2]);
    }
}
