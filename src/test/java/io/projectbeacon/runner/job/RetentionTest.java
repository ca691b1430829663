package io.projectbeacon.runner.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.metrics.Metrics;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.Race;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Retention deletes old finished jobs, keeps all others, and does not wait for locked rows. */
class RetentionTest {

    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final BeaconMetrics metrics = Metrics.in(registry);
    private Database database;
    private Retention retention;

    @BeforeEach
    void anHour() {
        database = Database.fresh();
        retention = new Retention(
                database.jdbc(), metrics, Metrics.gauges(registry), new RetentionProperties(Duration.ofHours(1)));
    }

    @AfterEach
    void close() {
        database.close();
    }

    private void jobs(String prefix, int number, String status, String finished) {
        for (int n = 0; n < number; n++) {
            long job = database.runningJob(prefix + n, 1, "rerun", 1);
            database.jdbc()
                    .sql(
                            "UPDATE jobs SET created_at = now() - interval '3 hours', queued_at = now() - interval '3 hours',"
                                    + " started_at = now() - interval '3 hours', status = ?, finished_at = " + finished
                                    + " WHERE id = ?")
                    .params(status, job)
                    .update();
            database.jdbc()
                    .sql("INSERT INTO executions (job_id, region, model_id, status, attempt, outcome, fence, claim_id,"
                            + " runner, created_at, started_at) VALUES (?, 'r', 'm', 'running', 1, 'running', 1,"
                            + " gen_random_uuid(), 'x', now(), now())")
                    .param(job)
                    .update();
        }
    }

    private List<String> left() {
        return database.jdbc()
                .sql("SELECT jobspec_id FROM jobs ORDER BY jobspec_id")
                .query(String.class)
                .list();
    }

    @Test
    void finished_jobs_that_are_old_go_with_their_cells_and_series_and_nothing_else_does() {
        jobs("old-", 250, "completed", "now() - interval '61 minutes'");
        jobs("young-", 1, "failed", "now() - interval '59 minutes'");
        jobs("queued-", 1, "queued", "NULL");
        jobs("running-", 1, "running", "NULL");
        metrics.duplicates(DuplicateOutcome.DETECTED, DuplicateLayer.CLAIM, "old-7", "r", "m", 1);
        metrics.duplicates(DuplicateOutcome.DETECTED, DuplicateLayer.CLAIM, "young-0", "r", "m", 1);
        retention.deleteOldJobs();
        assertThat(left()).containsExactly("queued-0", "running-0", "young-0");
        assertThat(database.count("SELECT count(*) FROM executions")).isEqualTo(3);
        assertThat(metrics.jobsWithSeries()).contains("young-0").doesNotContain("old-7");
        assertThat(registry.get("beacon.jobs.deleted").counter().count()).isEqualTo(250);
        assertThat(registry.get("beacon.retention.overdue").gauge().value()).isZero();
    }

    @Test
    void a_row_that_somebody_holds_is_left_for_the_next_time_and_shows_as_overdue() throws Exception {
        jobs("old-", 2, "completed", "now() - interval '2 hours'");
        try (Connection other = database.pool(1).getConnection()) {
            other.setAutoCommit(false);
            other.createStatement().execute("SELECT 1 FROM jobs WHERE jobspec_id = 'old-0' FOR UPDATE");
            retention.deleteOldJobs();
            assertThat(left()).containsExactly("old-0");
            assertThat(registry.get("beacon.retention.overdue").gauge().value()).isBetween(3600.0, 3700.0);
            // A retry queues it again at this very moment.
            other.createStatement().execute("UPDATE jobs SET status = 'queued', finished_at = NULL");
            other.commit();
        }
        retention.deleteOldJobs();
        assertThat(left()).containsExactly("old-0");
        assertThat(registry.get("beacon.retention.overdue").gauge().value()).isZero();
    }

    @Test
    void a_job_that_a_retry_has_queued_since_it_was_read_stays() {
        jobs("old-", 2, "completed", "now() - interval '2 hours'");
        List<Long> read =
                database.jdbc().sql("SELECT id FROM jobs").query(Long.class).list();
        database.jdbc()
                .sql("UPDATE jobs SET status = 'queued', finished_at = NULL WHERE jobspec_id = 'old-0'")
                .update();
        assertThat(retention.delete(read, 3600)).isEqualTo(1);
        assertThat(left()).containsExactly("old-0");
    }

    @Test
    void replicas_that_delete_at_once_delete_each_job_once_between_them() throws Exception {
        jobs("old-", 300, "failed", "now() - interval '2 hours'");
        MeterRegistry second = new SimpleMeterRegistry();
        Retention other = new Retention(
                JdbcClient.create(database.pool(2)),
                Metrics.in(second),
                Metrics.gauges(second),
                new RetentionProperties(Duration.ofHours(1)));
        List<Callable<Boolean>> replicas = Stream.of(retention, other)
                .map(replica -> (Callable<Boolean>) () -> {
                    replica.deleteOldJobs();
                    return true;
                })
                .toList();
        try (Race race = new Race(2)) {
            race.run(replicas);
            race.run(replicas);
        }
        assertThat(left()).isEmpty();
        assertThat(registry.get("beacon.jobs.deleted").counter().count()
                        + second.get("beacon.jobs.deleted").counter().count())
                .isEqualTo(300);
    }

    @Test
    void without_a_setting_everything_is_kept() {
        jobs("old-", 1, "completed", "now() - interval '2 hours'");
        new Retention(database.jdbc(), metrics, Metrics.gauges(registry), new RetentionProperties(null))
                .deleteOldJobs();
        assertThat(left()).hasSize(1);
    }
}
