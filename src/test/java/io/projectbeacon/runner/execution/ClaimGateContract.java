package io.projectbeacon.runner.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.support.Database;
import java.sql.Connection;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;

/** The table of answers of the claim gate, on whatever PostgreSQL the subclass brings. */
abstract class ClaimGateContract {

    private Database database;
    private Bench bench;
    private long job;

    abstract Database database();

    @BeforeEach
    void aRunningJobUnderFenceFive() {
        database = database();
        bench = new Bench("runner", database.pool(4), request -> new Answer("yes", null, null));
        job = database.runningJob("job-" + UUID.randomUUID(), 5, "rerun", 10);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private Claim claim(long fence) {
        return claim(new Asked(Bench.run(job, fence, RunCause.SUBMISSION), "us-east", "a", UUID.randomUUID()));
    }

    private Claim claim(Asked asked) {
        return claim(bench, asked);
    }

    /** How a claim comes to the gate. */
    Claim claim(Bench bench, Asked asked) {
        return bench.gate.claim(asked);
    }

    private void row(String status, long fence) {
        database.jdbc().sql("""
                        INSERT INTO executions
                          (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at,
                           started_at, completed_at, error_code, error_message, error_provider)
                        SELECT ?, 'us-east', 'a', s, 1, s, ?, gen_random_uuid(), 'earlier', now(), now(),
                          CASE WHEN s <> 'running' THEN now() END,
                          CASE WHEN s = 'failed' THEN 'x' END, CASE WHEN s = 'failed' THEN 'x' END,
                          CASE WHEN s = 'failed' THEN 'x' END
                        FROM (SELECT ?::text AS s) status
                        """).params(job, fence, status).update();
    }

    private void hold() {
        database.jdbc().sql("UPDATE jobs SET on_unknown = 'hold'").update();
    }

    private void retriedAt(long fence, boolean includeUnknown) {
        database.jdbc()
                .sql("UPDATE jobs SET retry_fence = ?, retry_unknown = ?")
                .params(fence, includeUnknown)
                .update();
    }

    private String value(String column) {
        return database.jdbc()
                .sql("SELECT " + column + "::text FROM executions")
                .query(String.class)
                .single();
    }

    @Test
    void a_cell_without_a_row_is_claimed_and_is_running_before_the_call() {
        assertThat(claim(5)).isInstanceOfSatisfying(Claim.Claimed.class, claimed -> {
            assertThat(claimed.attempt()).isEqualTo(1);
            assertThat(claimed.orphaned()).isFalse();
        });
        assertThat(value("status")).isEqualTo("running");
        assertThat(value("fence")).isEqualTo("5");
    }

    @Test
    void a_failed_cell_that_a_retry_covers_is_claimed_as_the_next_attempt() {
        row("failed", 4);
        retriedAt(4, false);
        assertThat(claim(5))
                .isInstanceOfSatisfying(
                        Claim.Claimed.class,
                        claimed -> assertThat(claimed.attempt()).isEqualTo(2));
        assertThat(value("past_attempts->0->>'outcome'")).isEqualTo("failed");
        assertThat(database.count("SELECT count(*) FROM executions WHERE error_code IS NULL"))
                .isEqualTo(1);
    }

    @Test
    void a_cancelled_cell_that_a_retry_covers_is_claimed() {
        row("cancelled", 4);
        retriedAt(4, false);
        assertThat(claim(5)).isInstanceOf(Claim.Claimed.class);
    }

    @Test
    void a_failed_cell_of_a_newer_fence_than_the_retry_keeps_its_end() {
        row("failed", 5);
        retriedAt(4, false);
        assertThat(claim(5)).isInstanceOf(Claim.Left.class);
        assertThat(value("status")).isEqualTo("failed");
        assertThat(value("attempt")).isEqualTo("1");
    }

    @Test
    void a_failed_cell_met_by_a_run_that_took_over_keeps_its_end() {
        row("failed", 4);
        assertThat(claim(5)).isInstanceOf(Claim.Left.class);
    }

    @Test
    void a_cell_running_under_an_older_fence_is_claimed_and_its_older_attempt_ends_unknown() {
        row("running", 4);
        assertThat(claim(5)).isInstanceOfSatisfying(Claim.Claimed.class, claimed -> {
            assertThat(claimed.attempt()).isEqualTo(2);
            assertThat(claimed.orphaned()).isTrue();
        });
        assertThat(value("past_attempts->0->>'outcome'")).isEqualTo("unknown");
        assertThat(value("past_attempts->0->>'runner'")).isEqualTo("earlier");
    }

    @Test
    void a_cell_running_under_an_older_fence_becomes_unknown_when_the_job_holds() {
        hold();
        row("running", 4);
        assertThat(claim(5)).isInstanceOf(Claim.Held.class);
        assertThat(value("status")).isEqualTo("unknown");
        assertThat(value("outcome")).isEqualTo("unknown");
        assertThat(value("attempt")).isEqualTo("1");
    }

    @Test
    void an_unknown_cell_stays_unknown_unless_the_retry_includes_it() {
        hold();
        row("unknown", 4);
        retriedAt(4, false);
        assertThat(claim(5)).isInstanceOf(Claim.Left.class);
        retriedAt(4, true);
        assertThat(claim(5)).isInstanceOf(Claim.Claimed.class);
    }

    @Test
    void an_unknown_cell_of_the_run_that_an_including_retry_began_is_not_claimed_again_by_the_next_run() {
        hold();
        retriedAt(4, true);
        row("unknown", 5);
        database.jdbc().sql("UPDATE jobs SET fence = 6").update();
        assertThat(claim(6)).isInstanceOf(Claim.Left.class);
    }

    @Test
    void a_completed_cell_stops_the_duplicate() {
        row("completed", 4);
        retriedAt(4, true);
        assertThat(claim(5)).isInstanceOfSatisfying(Claim.Stopped.class, stopped -> {
            assertThat(stopped.existingStatus()).isEqualTo(ExecutionStatus.COMPLETED);
            assertThat(stopped.existingCount()).isEqualTo(1);
        });
    }

    @Test
    void a_cell_running_under_this_fence_stops_the_duplicate() {
        assertThat(claim(5)).isInstanceOf(Claim.Claimed.class);
        assertThat(claim(5))
                .isInstanceOfSatisfying(
                        Claim.Stopped.class,
                        stopped -> assertThat(stopped.existingStatus()).isEqualTo(ExecutionStatus.RUNNING));
    }

    @Test
    void a_replaced_run_is_turned_away_and_writes_nothing() {
        assertThat(claim(4)).isInstanceOf(Claim.TurnedAway.class);
        assertThat(claim(6)).isInstanceOf(Claim.TurnedAway.class);
        database.jdbc()
                .sql("UPDATE jobs SET status = 'cancelled', finished_at = clock_timestamp()")
                .update();
        assertThat(claim(5)).isInstanceOf(Claim.TurnedAway.class);
        assertThat(database.count("SELECT count(*) FROM executions")).isZero();
    }

    @Test
    void a_claim_whose_answer_was_lost_is_ours_when_it_is_sent_again() {
        Run run = Bench.run(job, 5, RunCause.SUBMISSION);
        UUID claimId = UUID.randomUUID();
        Claim first = claim(new Asked(run, "us-east", "a", claimId));
        assertThat(claim(new Asked(run, "us-east", "a", claimId))).isEqualTo(first);
        assertThat(database.count("SELECT count(*) FROM executions WHERE attempt = 1"))
                .isEqualTo(1);
    }

    /** What the foreign key locks by itself would not stop this: a takeover leaves the job's key alone. */
    @Test
    void a_claim_beside_a_takeover_waits_for_it_and_is_turned_away() throws Exception {
        try (Connection takeover = database.pool(1).getConnection()) {
            takeover.setAutoCommit(false);
            takeover.createStatement().execute("UPDATE jobs SET fence = 6");
            CompletableFuture<Claim> claim = CompletableFuture.supplyAsync(() -> claim(5), Thread::startVirtualThread);
            await().until(() -> claim.isDone()
                    || database.count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                    + " AND wait_event_type = 'Lock'")
                            > 0);
            takeover.commit();
            assertThat(claim.get()).isInstanceOf(Claim.TurnedAway.class);
        }
        assertThat(database.count("SELECT count(*) FROM executions")).isZero();
    }

    @Test
    void a_check_that_cannot_be_made_in_three_seconds_lets_nothing_through() throws Exception {
        try (Connection other = database.pool(1).getConnection()) {
            other.setAutoCommit(false);
            other.createStatement().execute("SELECT id FROM jobs FOR UPDATE");
            long begin = System.nanoTime();
            assertThatThrownBy(() -> claim(5)).isInstanceOf(DataAccessException.class);
            // Asked twice, since the first answer might only have been lost.
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isBetween(
                            Duration.ofSeconds(ImpatientClient.TIMEOUT_SECONDS),
                            Duration.ofSeconds(3L * ImpatientClient.TIMEOUT_SECONDS));
            other.rollback();
        }
        assertThat(database.count("SELECT count(*) FROM executions")).isZero();
    }

    @Test
    void without_the_unique_key_the_check_fails_closed() {
        database.jdbc()
                .sql("ALTER TABLE executions DROP CONSTRAINT executions_cell_key")
                .update();
        assertThatThrownBy(() -> claim(5)).isInstanceOf(DataAccessException.class);
        assertThat(database.count("SELECT count(*) FROM executions")).isZero();
    }
}
