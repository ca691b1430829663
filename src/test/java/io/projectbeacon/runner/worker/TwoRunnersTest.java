package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.job.WakeUp;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Two whole runners on one PostgreSQL and one Redis; the judge is the provider's own list of calls. */
class TwoRunnersTest {

    private static final int JOBS = 200;
    private static final int CELLS = 9;

    @Test
    void two_runners_call_each_cell_of_two_hundred_jobs_once_though_each_job_is_announced_twice() throws Exception {
        String database = TestServers.newDatabase();
        String redis = TestServers.newRedisUrl();
        try (FakeProvider provider = FakeProvider.start()) {
            List<String> properties = RunnerApp.calling(provider, "us-east", "eu-west", "asia-pacific");
            try (RunnerApp one = RunnerApp.start(database, redis, properties);
                    RunnerApp two = RunnerApp.start(database, redis, properties)) {
                for (int job = 0; job < JOBS; job++) {
                    RunnerApp taker = job % 2 == 0 ? one : two;
                    assertThat(taker.submit("{\"id\": \"job-%d\", \"models\": [\"a\", \"b\", \"c\"],".formatted(job)
                                            + " \"regions\": [\"us-east\", \"eu-west\", \"asia-pacific\"]}")
                                    .status())
                            .isEqualTo(202);
                    (job % 2 == 0 ? two : one).bean(WakeUp.class).announce();
                }
                await().atMost(Duration.ofSeconds(90))
                        .until(() -> one.metric("beacon_jobs_total") + two.metric("beacon_jobs_total") == JOBS);

                assertThat(provider.calls()).hasSize(JOBS * CELLS);
                assertThat(provider.calls().stream()
                                .collect(Collectors.groupingBy(
                                        FakeProvider.Call::idempotencyKey, Collectors.counting())))
                        .hasSize(JOBS * CELLS)
                        .allSatisfy((cell, calls) -> assertThat(calls).isEqualTo(1));
                assertThat(one.get("/api/v1/jobs?status=completed&total=true&limit=1")
                                .json()
                                .path("total")
                                .asInt())
                        .isEqualTo(JOBS);
                assertThat(one.jdbc()
                                .sql("SELECT count(*) FROM executions WHERE status = 'completed' AND attempt = 1")
                                .query(Long.class)
                                .single())
                        .isEqualTo((long) JOBS * CELLS);
                assertThat(one.metric("beacon_jobs_total")).isPositive();
                assertThat(two.metric("beacon_jobs_total")).isPositive();
                // A gauge that is read from the database is the same on every replica.
                assertThat(one.metric("beacon_jobs_by_status", "status=\"completed\""))
                        .isEqualTo(two.metric("beacon_jobs_by_status", "status=\"completed\""));
            }
        }
    }
}
