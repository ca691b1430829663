package io.projectbeacon.runner.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.Counter;
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
import io.projectbeacon.runner.metrics.Metrics;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.Race;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The unique key is gone and cells have several rows, made by hand: the audits of several runners count each extra row
 * once between them.
 */
class AuditTest {

    private static final int RUNNERS = 4;

    /** The audit of one runner. */
    private record Auditor(MeterRegistry registry, DuplicateLedger ledger, Audit audit) {

        static Auditor of(String name, HikariDataSource pool) {
            MeterRegistry registry = new SimpleMeterRegistry();
            UninterruptedWrites writes = new UninterruptedWrites(new ConnectionShares(pool.getMaximumPoolSize()));
            DuplicateLedger ledger = LedgerRoom.ledger(pool, writes, Metrics.in(registry), new RunnerName(name));
            return new Auditor(registry, ledger, new Audit(JdbcClient.create(pool), ledger, Metrics.gauges(registry)));
        }

        double allowed() {
            return registry.get("beacon.duplicates").tags("outcome", "allowed").counters().stream()
                    .mapToDouble(Counter::count)
                    .sum();
        }
    }

    private Database database;
    private List<Auditor> runners;
    private long job;

    @BeforeEach
    void aJobAndFourRunners() {
        database = Database.fresh();
        runners = IntStream.range(0, RUNNERS)
                .mapToObj(n -> Auditor.of("runner-" + n, database.pool(3)))
                .toList();
        job = database.runningJob("job", 1, "rerun", 2);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private void withoutTheKey() {
        database.jdbc()
                .sql("ALTER TABLE executions DROP CONSTRAINT executions_cell_key")
                .update();
    }

    private void rows(String model, int number) {
        database.jdbc().sql("""
                        INSERT INTO executions
                          (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at,
                           started_at, completed_at)
                        SELECT ?, 'us-east', ?, 'completed', 1, 'completed', 1, gen_random_uuid(), 'hand', now(), now(),
                          now()
                        FROM generate_series(1, ?)
                        """).params(job, model, number).update();
    }

    private void allAuditAtOnce() throws Exception {
        try (Race race = new Race(RUNNERS)) {
            race.run(runners.stream()
                    .map(runner -> (Callable<Boolean>) () -> {
                        runner.audit().look();
                        return true;
                    })
                    .toList());
        }
    }

    private double counted() {
        return runners.stream().mapToDouble(Auditor::allowed).sum();
    }

    private String ledger() {
        return database.jdbc()
                .sql(
                        "SELECT coalesce(string_agg(model_id || ' ' || layer || ' ' || outcome || ' ' || occurrences || ' '"
                                + " || existing_count, ', ' ORDER BY model_id), '') FROM execution_duplicates")
                .query(String.class)
                .single();
    }

    private double gauge(String name) {
        return runners.getFirst().registry().get(name).gauge().value();
    }

    @Test
    void rows_made_by_hand_without_the_key_are_counted_once_over_all_runners() throws Exception {
        withoutTheKey();
        rows("a", 3);
        rows("b", 1);
        for (int round = 0; round < 5; round++) {
            allAuditAtOnce();
            assertThat(ledger()).isEqualTo("a audit allowed 2 3");
            assertThat(counted()).isEqualTo(2);
        }
        rows("a", 2);
        rows("b", 1);
        allAuditAtOnce();
        allAuditAtOnce();
        assertThat(ledger()).isEqualTo("a audit allowed 4 5, b audit allowed 1 2");
        assertThat(counted()).isEqualTo(5);
        assertThat(gauge("beacon.executions.unique.key.missing")).isEqualTo(1);
        assertThat(gauge("beacon.ledger.drift")).isZero();
    }

    @Test
    void a_key_that_is_not_unique_or_covers_something_else_does_not_count_as_the_key() {
        runners.getFirst().audit().look();
        assertThat(gauge("beacon.executions.unique.key.missing")).isZero();
        withoutTheKey();
        for (String index : List.of(
                "CREATE INDEX replaced ON executions (job_id, region, model_id)",
                "CREATE UNIQUE INDEX replaced ON executions (job_id, region, model_id, attempt)",
                "CREATE UNIQUE INDEX replaced ON executions (job_id, region, model_id) WHERE attempt > 1")) {
            database.jdbc().sql(index).update();
            runners.getFirst().audit().look();
            assertThat(gauge("beacon.executions.unique.key.missing")).as(index).isEqualTo(1);
            database.jdbc().sql("DROP INDEX replaced").update();
        }
        database.jdbc()
                .sql("CREATE UNIQUE INDEX replaced ON executions (region, job_id, model_id)")
                .update();
        runners.getFirst().audit().look();
        assertThat(gauge("beacon.executions.unique.key.missing")).isZero();
    }

    @Test
    void an_answer_that_is_said_to_have_come_too_late_for_a_cell_with_one_attempt_is_drift() {
        rows("a", 1);
        runners.getFirst()
                .ledger()
                .record(
                        new Run(job, "job", null, 1, RunCause.SUBMISSION, OnUnknown.RERUN, false),
                        new Cell(job, "us-east", "a"),
                        DuplicateLayer.COMPLETION,
                        DuplicateOutcome.ALLOWED,
                        new DuplicateLedger.Existing(null, null, 1),
                        UUID.randomUUID());
        runners.getFirst().audit().look();
        assertThat(gauge("beacon.ledger.drift")).isEqualTo(1);
        database.jdbc().sql("UPDATE executions SET attempt = 2").update();
        runners.getFirst().audit().look();
        assertThat(gauge("beacon.ledger.drift")).isZero();
    }

    @Test
    void what_cannot_be_looked_at_is_not_known() {
        database.jdbc().sql("ALTER TABLE execution_duplicates RENAME TO away").update();
        runners.getFirst().audit().look();
        assertThat(gauge("beacon.ledger.drift")).isNaN();
    }

    @Test
    void a_duplicate_of_a_job_that_has_been_deleted_is_not_counted_and_holds_nobody_up() {
        database.jdbc().sql("DELETE FROM jobs").update();
        runners.getFirst()
                .ledger()
                .record(
                        new Run(job, "job", null, 1, RunCause.SUBMISSION, OnUnknown.RERUN, false),
                        new Cell(job, "us-east", "a"),
                        DuplicateLayer.COMPLETION,
                        DuplicateOutcome.ALLOWED,
                        new DuplicateLedger.Existing(null, null, 1),
                        UUID.randomUUID());
        assertThat(counted()).isZero();
    }
}
