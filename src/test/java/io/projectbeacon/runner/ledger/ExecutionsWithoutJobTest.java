package io.projectbeacon.runner.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.projectbeacon.runner.metrics.Metrics;
import io.projectbeacon.runner.support.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Executions whose job was deleted past the trigger are found, a step at a time, and nothing else is taken for one. */
@ExtendWith(OutputCaptureExtension.class)
class ExecutionsWithoutJobTest {

    private static final String CELL = """
            INSERT INTO executions (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at)
            SELECT id, 'us-east', ?, 'running', 1, 'running', 1, gen_random_uuid(), 'r', now(), now() FROM jobs WHERE jobspec_id = ?
            """;

    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final Database database = Database.fresh();
    private final ExecutionsWithoutJob executions =
            new ExecutionsWithoutJob(JdbcClient.create(database.pool(1)), Metrics.gauges(registry));

    @AfterEach
    void close() {
        database.close();
    }

    private void job(String id, int cells) {
        database.runningJob(id, 1, "rerun", cells);
        for (int n = 0; n < cells; n++) {
            database.jdbc().sql(CELL).params("model-" + n, id).update();
        }
    }

    private void jobs(int number) {
        for (int n = 1; n <= number; n++) {
            job("job-" + n, 2);
        }
    }

    /** As a deletion by logical replication, or by hand with the triggers turned off. */
    private void deletedPastTheTrigger(String id) throws SQLException {
        try (Connection connection = database.pool(1).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SET session_replication_role = replica");
            assertThat(statement.executeUpdate("DELETE FROM jobs WHERE jobspec_id = '%s'".formatted(id)))
                    .isEqualTo(1);
        }
    }

    private double gauge() {
        return registry.get("beacon.executions.without.job").gauge().value();
    }

    private double after(int looks, int jobsALook) {
        for (int n = 0; n < looks; n++) {
            executions.look(jobsALook);
        }
        return gauge();
    }

    @Test
    void they_are_counted_and_told_by_the_number_of_their_job(CapturedOutput output) throws SQLException {
        assertThat(gauge()).as("at birth").isZero();
        jobs(3);
        executions.look();
        assertThat(gauge()).isZero();
        assertThat(output).doesNotContain("has no row");
        long gone = database.count("SELECT id FROM jobs WHERE jobspec_id = 'job-2'");
        deletedPastTheTrigger("job-2");
        executions.look();
        assertThat(gauge()).isEqualTo(2);
        assertThat(output)
                .contains("Found 2 execution(s) whose job has no row, the first of job number %d.".formatted(gone));
    }

    @Test
    void a_walk_goes_on_where_the_last_look_ended_and_begins_anew_at_its_end() throws SQLException {
        jobs(7);
        deletedPastTheTrigger("job-1");
        deletedPastTheTrigger("job-4");
        deletedPastTheTrigger("job-7");
        assertThat(after(1, 3)).as("1 to 3").isEqualTo(2);
        assertThat(after(1, 3)).as("4 to 6").isEqualTo(4);
        assertThat(after(1, 3)).as("7, the end").isEqualTo(6);
        assertThat(after(3, 3)).as("the second walk").isEqualTo(6);

        database.jdbc()
                .sql("DELETE FROM executions WHERE job_id NOT IN (SELECT id FROM jobs)")
                .update();
        assertThat(after(1, 3)).as("what the walk before found stands").isEqualTo(6);
        assertThat(after(1, 3)).as("until the next has ended").isZero();
    }

    @Test
    void a_walk_that_ends_with_a_full_step_ends_with_the_next() throws SQLException {
        jobs(6);
        deletedPastTheTrigger("job-6");
        assertThat(after(2, 3)).isEqualTo(2);
        assertThat(after(1, 3)).isEqualTo(2);
        database.jdbc().sql("DELETE FROM executions").update();
        assertThat(after(1, 3)).isZero();
    }

    @Test
    void a_claim_and_a_deletion_that_are_under_way_are_none() throws SQLException {
        jobs(2);
        try (Connection open = database.pool(1).getConnection();
                Statement statement = open.createStatement()) {
            open.setAutoCommit(false);
            statement.execute("DELETE FROM jobs WHERE jobspec_id = 'job-1'");
            executions.look();
            assertThat(gauge()).as("before the deletion is committed").isZero();
            open.commit();
            executions.look();
            assertThat(gauge()).as("and after").isZero();
        }
    }

    @Test
    void what_cannot_be_looked_at_is_not_known_and_the_walk_goes_on_when_it_can_be() throws SQLException {
        jobs(4);
        deletedPastTheTrigger("job-1");
        assertThat(after(1, 2)).isEqualTo(2);
        database.jdbc().sql("ALTER TABLE executions RENAME TO away").update();
        assertThat(after(1, 2)).isNaN();
        database.jdbc().sql("ALTER TABLE away RENAME TO executions").update();
        assertThat(after(2, 2)).isEqualTo(2);
    }

    /** What the trigger cannot see: all statements of such a transaction, its own too, read as of its beginning. */
    @Test
    void a_deletion_under_repeatable_read_that_waited_for_a_claim_leaves_a_row_and_it_is_found() throws Exception {
        database.runningJob("job", 1, "rerun", 1);
        CompletableFuture<Integer> deletion;
        try (Connection claim = database.pool(1).getConnection();
                PreparedStatement cell = claim.prepareStatement(CELL);
                Statement lock = claim.createStatement()) {
            claim.setAutoCommit(false);
            lock.execute("SELECT id FROM jobs FOR SHARE");
            cell.setString(1, "model");
            cell.setString(2, "job");
            assertThat(cell.executeUpdate()).isEqualTo(1);
            TransactionTemplate repeatable = database.transaction();
            repeatable.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
            deletion = CompletableFuture.supplyAsync(
                    () -> repeatable.execute(transaction ->
                            database.jdbc().sql("DELETE FROM jobs").update()),
                    Thread::startVirtualThread);
            await().until(() ->
                    database.count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                    + " AND wait_event_type = 'Lock'")
                            == 1);
            claim.commit();
        }
        assertThat(deletion).succeedsWithin(Duration.ofMinutes(1)).isEqualTo(1);
        executions.look();
        assertThat(gauge()).isEqualTo(1);
    }
}
