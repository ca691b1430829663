package io.projectbeacon.runner.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.projectbeacon.runner.database.ConnectionShares;
import io.projectbeacon.runner.database.UninterruptedWrites;
import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.domain.OnUnknown;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.domain.RunnerName;
import io.projectbeacon.runner.ledger.DuplicateLedger;
import io.projectbeacon.runner.ledger.LedgerRoom;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.metrics.Metrics;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.Race;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Retention deletes old finished jobs, keeps all others, and does not wait for locked rows. */
class RetentionTest {

    private static final Duration HOUR = Duration.ofHours(1);

    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final BeaconMetrics metrics = Metrics.in(registry);
    private Database database;
    private Retention retention;

    @BeforeEach
    void anHour() {
        database = Database.fresh();
        retention = retention(database.pool(2), metrics, registry, new RetentionProperties(HOUR, null));
    }

    private static Retention retention(
            DataSource pool, BeaconMetrics metrics, MeterRegistry registry, RetentionProperties properties) {
        JdbcClient jdbc = JdbcClient.create(pool);
        return new Retention(
                jdbc, new DeletedJobs(jdbc, JobRoom.transaction(pool)), metrics, Metrics.gauges(registry), properties);
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
                .sql("SELECT jobspec_id FROM jobs WHERE status IS NOT NULL ORDER BY jobspec_id")
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
            other.createStatement()
                    .execute("UPDATE jobs SET status = 'queued', finished_at = NULL WHERE jobspec_id = 'old-0'");
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
        assertThat(retention.delete(read, HOUR)).isEqualTo(1);
        assertThat(left()).containsExactly("old-0");
    }

    @Test
    void replicas_that_delete_at_once_delete_each_job_once_between_them() throws Exception {
        jobs("old-", 300, "failed", "now() - interval '2 hours'");
        MeterRegistry second = new SimpleMeterRegistry();
        Retention other = retention(database.pool(2), Metrics.in(second), second, new RetentionProperties(HOUR, null));
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
        retention(database.pool(2), metrics, registry, new RetentionProperties(null, null))
                .deleteOldJobs();
        assertThat(left()).hasSize(1);
    }

    /** Ids as a portal makes them, of 38 characters, and every second job with a key, of 40. */
    private void finishedLongAgo(int number) {
        database.jdbc().sql("""
                        INSERT INTO jobs
                          (jobspec_id, idempotency_key, status, fence, on_unknown, priority, cells, models, regions, spec, content,
                           warnings, key_seed, created_at, queued_at, started_at, finished_at)
                        SELECT 'simple-multimodel-test-' || lpad(n::text, 15, '0'),
                          CASE WHEN n % 2 = 0 THEN 'key-' || gen_random_uuid() END,
                          'completed', 1, 'rerun', 0, 1, '{a,b}', '{r}', document, document, '[]', gen_random_uuid(), t, t, t, t
                        FROM generate_series(1, ?) n,
                          (SELECT now() - interval '2 hours' AS t, json_build_object('prompt', repeat('long ', 300)) AS document) j
                        """).param(number).update();
    }

    @Test
    void an_emptied_row_takes_less_than_200_bytes() {
        finishedLongAgo(10_000);
        while (!left().isEmpty()) {
            retention.deleteOldJobs(); // A look takes at most 10 s.
        }
        assertThat(database.count("SELECT count(*) FROM jobs")).isEqualTo(10_000);
        double row = database.jdbc()
                .sql("SELECT avg(pg_column_size(jobs.*)) FROM jobs")
                .query(Double.class)
                .single();
        database.jdbc().sql("VACUUM FULL jobs").update();
        double withPages = database.count("SELECT pg_relation_size('jobs')") / 10_000.0;
        System.out.printf("An emptied row: %.1f bytes, %.1f with its share of pages%n", row, withPages);
        assertThat(row).isLessThan(200);
        assertThat(withPages).isLessThan(200);
    }

    @Test
    void of_a_deleted_job_nothing_is_left_but_its_names_and_whose_it_was() {
        finishedLongAgo(2);
        retention.deleteOldJobs();
        assertThat(database.jdbc()
                        .sql(
                                "SELECT json_strip_nulls(to_json(jobs))::jsonb - 'id' - 'deleted_at' - 'parked' FROM jobs ORDER BY id")
                        .query((row, n) -> row.getString(1).replaceAll("key-[0-9a-f-]+", "key"))
                        .list())
                .containsExactly(
                        "{\"caller\": \"default\", \"jobspec_id\": \"simple-multimodel-test-000000000000001\"}",
                        "{\"caller\": \"default\", \"jobspec_id\": \"simple-multimodel-test-000000000000002\", \"idempotency_key\": \"key\"}");
    }

    @Test
    void a_deleted_jobs_id_is_free_after_its_own_time_and_not_before() {
        jobs("old-", 3, "completed", "now() - interval '2 hours'");
        retention.deleteOldJobs();
        database.jdbc()
                .sql("UPDATE jobs SET deleted_at = now() - interval '25 hours' WHERE jobspec_id = 'old-1'")
                .update();
        retention.freeOldIds();
        assertThat(database.count("SELECT count(*) FROM jobs"))
                .as("unset: for ever")
                .isEqualTo(3);

        retention(database.pool(2), metrics, registry, new RetentionProperties(null, Duration.ofDays(1)))
                .freeOldIds();
        assertThat(database.jdbc()
                        .sql("SELECT jobspec_id FROM jobs ORDER BY jobspec_id")
                        .query(String.class)
                        .list())
                .containsExactly("old-0", "old-2");
    }

    @Test
    void another_replica_drops_the_series_of_a_job_that_has_been_deleted() {
        jobs("old-", 1, "completed", "now() - interval '2 hours'");
        BeaconMetrics others = Metrics.in(new SimpleMeterRegistry());
        others.duplicates(DuplicateOutcome.DETECTED, DuplicateLayer.CLAIM, "old-0", "r", "m", 1);
        retention.deleteOldJobs();
        new JobSeriesSweeper(database.jdbc(), others).sweep();
        assertThat(others.jobsWithSeries()).doesNotContain("old-0");
    }

    @Test
    void a_duplicate_that_is_met_after_the_deletion_is_neither_written_nor_counted() {
        jobs("old-", 1, "completed", "now() - interval '2 hours'");
        long job = database.count("SELECT id FROM jobs");
        retention.deleteOldJobs();
        RunnerName runner = new RunnerName("r");
        LedgerRoom.ledger(database.pool(2), new UninterruptedWrites(new ConnectionShares(2)), metrics, runner)
                .record(
                        new Run(job, "old-0", null, 1, RunCause.RETRY, OnUnknown.RERUN, false),
                        new Cell(job, "r", "m"),
                        DuplicateLayer.RETRY,
                        DuplicateOutcome.DETECTED,
                        new DuplicateLedger.Existing(null, null, 1),
                        UUID.randomUUID());
        assertThat(database.count("SELECT count(*) FROM execution_duplicates")).isZero();
        assertThat(metrics.jobsWithSeries()).doesNotContain("old-0");
    }
}
