package io.projectbeacon.runner.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.RunnerName;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Gauges of what the database has: they are the same from every replica, and outlive the replicas. */
class StoredNumbersTest {

    private static RunnerApp runner(String database, String redis, String... properties) {
        return RunnerApp.start(database, redis, List.of(properties));
    }

    @Test
    void what_the_ledger_has_is_shown_by_a_runner_that_has_counted_nothing() {
        String database = TestServers.newDatabase();
        String redis = TestServers.newRedisUrl();
        try (RunnerApp first = runner(database, redis, "--beacon.worker.enabled=false")) {
            first.submit("{\"id\": \"j\", \"models\": [\"a\", \"a\", \"a\"], \"regions\": [\"us-east\"]}");
            first.submit("{\"id\": \"k\", \"models\": [\"a\", \"b\", \"b\"], \"regions\": [\"us-east\"]}");
            assertThat(first.metric("beacon_duplicates_total")).isEqualTo(3);
        }
        try (RunnerApp next = runner(database, redis, "--beacon.worker.enabled=false")) {
            assertThat(next.metric("beacon_duplicates_total")).isZero();
            assertThat(next.metric("beacon_ledger_duplicates", "outcome=\"detected\"", "layer=\"input\""))
                    .isEqualTo(3);
            assertThat(next.metric("beacon_ledger_duplicates")).isEqualTo(3);
            assertThat(next.scrape().lines().filter(line -> line.startsWith("beacon_ledger_duplicates{")))
                    .hasSize(12);
        }
    }

    @Test
    void the_age_of_the_queue_is_shown_by_priority_beside_that_of_the_whole() {
        try (RunnerApp app = RunnerApp.fresh("--beacon.worker.enabled=false")) {
            for (int priority : new int[] {-7, 0, 3, 4}) {
                app.submit("{\"models\": [\"a\"], \"regions\": [\"us-east\"], \"priority\": %d}".formatted(priority));
            }
            app.jdbc()
                    .sql("UPDATE jobs SET created_at = created_at - (100 + priority) * interval '1 minute',"
                            + " queued_at = queued_at - (100 + priority) * interval '1 minute'")
                    .update();
            assertThat(minutes(app, "high")).isEqualTo(104);
            assertThat(minutes(app, "normal")).isEqualTo(100);
            assertThat(minutes(app, "low")).isEqualTo(93);
            assertThat((int) (app.metric("beacon_jobs_oldest_queued_seconds") / 60))
                    .isEqualTo(104);
        }
    }

    private static int minutes(RunnerApp app, String priority) {
        return (int)
                (app.metric("beacon_jobs_oldest_queued_by_priority_seconds", "priority=\"" + priority + "\"") / 60);
    }

    @Test
    void limits_over_all_replicas_are_shown_where_there_are_any_and_each_runner_by_its_name() {
        try (RunnerApp app = RunnerApp.fresh("--beacon.regions.us-east.max-in-flight-total=7")) {
            assertThat(app.scrape().lines().filter(line -> line.startsWith("beacon_region_total_limit")))
                    .containsExactly("beacon_region_total_limit{region=\"us-east\"} 7.0");
            assertThat(app.scrape())
                    .contains(
                            "beacon_info{runner=\"" + app.bean(RunnerName.class).value() + "\",version=\"");
        }
    }
}
