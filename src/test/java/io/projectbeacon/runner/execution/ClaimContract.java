package io.projectbeacon.runner.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.OnUnknown;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.domain.UnknownCause;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.support.Database;
import java.sql.Connection;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;

/** The table of answers to a claim, on whatever PostgreSQL the subclass brings. */
abstract class ClaimContract {

    private static final long FENCE = 5;

    private Database database;
    private ExecutionHarness harness;
    private long job;

    abstract Database database();

    /**
     * A row of the cell, and what was asked of its job, before the claim.
     *
     * @param status of the cell, and outcome of its attempt
     * @param fence of the run that made the attempt
     * @param retryFence the fence at which a retry was asked for; -1 when none was
     * @param includeUnknown whether that retry included cells of unknown outcome
     */
    private record ExistingRow(
            String status, long fence, OnUnknown onUnknown, long retryFence, boolean includeUnknown) {

        static ExistingRow of(String status) {
            return new ExistingRow(status, FENCE - 1, OnUnknown.RERUN, -1, false);
        }

        ExistingRow underFence(long fence) {
            return new ExistingRow(status, fence, onUnknown, retryFence, includeUnknown);
        }

        ExistingRow ofAJobThatHolds() {
            return new ExistingRow(status, fence, OnUnknown.HOLD, retryFence, includeUnknown);
        }

        ExistingRow retriedAt(long retryFence) {
            return new ExistingRow(status, fence, onUnknown, retryFence, includeUnknown);
        }

        ExistingRow retriedIncludingUnknownAt(long retryFence) {
            return new ExistingRow(status, fence, onUnknown, retryFence, true);
        }
    }

    @BeforeEach
    void aRunningJobUnderFenceFive() {
        database = database();
        harness = new ExecutionHarness("runner", database.pool(4), request -> new Answer("yes", null, null));
        job = database.runningJob("job-" + UUID.randomUUID(), FENCE, "rerun", 10);
    }

    @AfterEach
    void close() {
        database.close();
    }

    /** How a claim reaches the statement. */
    ClaimResult claim(ExecutionHarness harness, ClaimRequest request) {
        return harness.statement.claim(request);
    }

    private ClaimResult claim() {
        return claimUnderFence(FENCE);
    }

    private ClaimResult claimUnderFence(long fence) {
        return claim(request(fence, UUID.randomUUID()));
    }

    private ClaimResult claim(ClaimRequest request) {
        return claim(harness, request);
    }

    private ClaimRequest request(long fence, UUID claimId) {
        return new ClaimRequest(ExecutionHarness.run(job, fence, RunCause.SUBMISSION), "us-east", "a", claimId);
    }

    private void given(ExistingRow row) {
        database.jdbc().sql("""
                        INSERT INTO executions
                          (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at,
                           started_at, completed_at, error_code, error_message, error_provider)
                        SELECT ?, 'us-east', 'a', s, 1, s, ?, gen_random_uuid(), 'earlier', now(), now(),
                          CASE WHEN s <> 'running' THEN now() END,
                          CASE WHEN s = 'failed' THEN 'x' END, CASE WHEN s = 'failed' THEN 'x' END,
                          CASE WHEN s = 'failed' THEN 'x' END
                        FROM (SELECT ?::text AS s) status
                        """).params(job, row.fence(), row.status()).update();
        asked(row);
    }

    private void asked(ExistingRow row) {
        database.jdbc()
                .sql("UPDATE jobs SET on_unknown = ?, retry_fence = ?, retry_unknown = ?")
                .params(row.onUnknown().wireName(), row.retryFence(), row.includeUnknown())
                .update();
    }

    private String value(String column) {
        return database.jdbc()
                .sql("SELECT " + column + "::text FROM executions")
                .query(String.class)
                .single();
    }

    @Nested
    class WithoutARow {

        @Test
        void a_cell_without_a_row_is_claimed_and_is_running_before_the_call() {
            assertThat(claim()).isInstanceOfSatisfying(ClaimResult.Claimed.class, claimed -> {
                assertThat(claimed.attempt()).isEqualTo(1);
                assertThat(claimed.orphaned()).isNull();
            });
            assertThat(value("status")).isEqualTo("running");
            assertThat(value("fence")).isEqualTo("5");
        }

        @Test
        void a_claim_whose_answer_was_lost_is_ours_when_it_is_sent_again() {
            ClaimRequest request = request(FENCE, UUID.randomUUID());
            ClaimResult first = claim(request);
            assertThat(claim(request)).isEqualTo(first);
            assertThat(database.count("SELECT count(*) FROM executions WHERE attempt = 1"))
                    .isEqualTo(1);
        }
    }

    @Nested
    class FailedOrCancelled {

        @Test
        void a_failed_cell_that_a_retry_covers_is_claimed_as_the_next_attempt() {
            given(ExistingRow.of("failed").retriedAt(4));
            assertThat(claim())
                    .isInstanceOfSatisfying(
                            ClaimResult.Claimed.class,
                            claimed -> assertThat(claimed.attempt()).isEqualTo(2));
            assertThat(value("past_attempts->0->>'outcome'")).isEqualTo("failed");
            assertThat(database.count("SELECT count(*) FROM executions WHERE error_code IS NULL"))
                    .isEqualTo(1);
        }

        @Test
        void a_cancelled_cell_that_a_retry_covers_is_claimed() {
            given(ExistingRow.of("cancelled").retriedAt(4));
            assertThat(claim()).isInstanceOf(ClaimResult.Claimed.class);
        }

        @Test
        void a_failed_cell_of_a_newer_fence_than_the_retry_keeps_its_end() {
            given(ExistingRow.of("failed").underFence(5).retriedAt(4));
            assertThat(claim()).isInstanceOf(ClaimResult.AlreadyEnded.class);
            assertThat(value("status")).isEqualTo("failed");
            assertThat(value("attempt")).isEqualTo("1");
        }

        @Test
        void a_failed_cell_met_by_a_run_that_took_over_keeps_its_end() {
            given(ExistingRow.of("failed"));
            assertThat(claim()).isInstanceOf(ClaimResult.AlreadyEnded.class);
        }
    }

    @Nested
    class RunningOrUnknownUnderAnOlderFence {

        @Test
        void a_cell_running_under_an_older_fence_is_claimed_and_its_older_attempt_ends_unknown() {
            given(ExistingRow.of("running"));
            assertThat(claim()).isInstanceOfSatisfying(ClaimResult.Claimed.class, claimed -> {
                assertThat(claimed.attempt()).isEqualTo(2);
                assertThat(claimed.orphaned()).isEqualTo(UnknownCause.RUN_GONE);
            });
            assertThat(value("past_attempts->0->>'outcome'")).isEqualTo("unknown");
            assertThat(value("past_attempts->0->>'runner'")).isEqualTo("earlier");
        }

        @Test
        void a_cell_running_under_an_older_fence_becomes_unknown_when_the_job_holds() {
            given(ExistingRow.of("running").ofAJobThatHolds());
            assertThat(claim()).isInstanceOf(ClaimResult.HeldUnknown.class);
            assertThat(value("status")).isEqualTo("unknown");
            assertThat(value("outcome")).isEqualTo("unknown");
            assertThat(value("attempt")).isEqualTo("1");
        }

        @Test
        void an_unknown_cell_stays_unknown_unless_the_retry_includes_it() {
            ExistingRow unknown = ExistingRow.of("unknown").ofAJobThatHolds();
            given(unknown.retriedAt(4));
            assertThat(claim()).isInstanceOf(ClaimResult.AlreadyEnded.class);
            asked(unknown.retriedIncludingUnknownAt(4));
            assertThat(claim()).isInstanceOf(ClaimResult.Claimed.class);
        }

        @Test
        void an_unknown_cell_of_the_run_that_an_including_retry_began_is_not_claimed_again_by_the_next_run() {
            given(ExistingRow.of("unknown").underFence(5).ofAJobThatHolds().retriedIncludingUnknownAt(4));
            database.jdbc().sql("UPDATE jobs SET fence = 6").update();
            assertThat(claimUnderFence(6)).isInstanceOf(ClaimResult.AlreadyEnded.class);
        }
    }

    @Nested
    class CompletedOrRunningUnderThisFence {

        @Test
        void a_completed_cell_stops_the_duplicate() {
            given(ExistingRow.of("completed").retriedIncludingUnknownAt(4));
            assertThat(claim()).isInstanceOfSatisfying(ClaimResult.Duplicate.class, duplicate -> {
                assertThat(duplicate.existingStatus()).isEqualTo(ExecutionStatus.COMPLETED);
                assertThat(duplicate.existingCount()).isEqualTo(1);
            });
        }

        @Test
        void a_cell_running_under_this_fence_stops_the_duplicate() {
            assertThat(claim()).isInstanceOf(ClaimResult.Claimed.class);
            assertThat(claim())
                    .isInstanceOfSatisfying(
                            ClaimResult.Duplicate.class,
                            duplicate -> assertThat(duplicate.existingStatus()).isEqualTo(ExecutionStatus.RUNNING));
        }
    }

    @Nested
    class OfAJobThatIsNotThisRuns {

        @Test
        void a_replaced_run_is_turned_away_and_writes_nothing() {
            assertThat(claimUnderFence(4)).isInstanceOf(ClaimResult.RunReplaced.class);
            assertThat(claimUnderFence(6)).isInstanceOf(ClaimResult.RunReplaced.class);
            database.jdbc()
                    .sql("UPDATE jobs SET status = 'cancelled', finished_at = clock_timestamp()")
                    .update();
            assertThat(claim()).isInstanceOf(ClaimResult.RunReplaced.class);
            assertThat(database.count("SELECT count(*) FROM executions")).isZero();
        }

        /** A lock of the job's key alone, as a foreign key takes it, would not stop this: a takeover leaves the key as it is. */
        @Test
        void a_claim_beside_a_takeover_waits_for_it_and_is_turned_away() throws Exception {
            try (Connection takeover = database.pool(1).getConnection()) {
                takeover.setAutoCommit(false);
                takeover.createStatement().execute("UPDATE jobs SET fence = 6");
                CompletableFuture<ClaimResult> claim =
                        CompletableFuture.supplyAsync(ClaimContract.this::claim, Thread::startVirtualThread);
                await().until(() -> claim.isDone()
                        || database.count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                        + " AND wait_event_type = 'Lock'")
                                > 0);
                takeover.commit();
                assertThat(claim.get()).isInstanceOf(ClaimResult.RunReplaced.class);
            }
            assertThat(database.count("SELECT count(*) FROM executions")).isZero();
        }
    }

    @Nested
    class WhenTheCheckCannotBeMade {

        @Test
        void a_check_that_cannot_be_made_in_three_seconds_lets_nothing_through() throws Exception {
            try (Connection other = database.pool(1).getConnection()) {
                other.setAutoCommit(false);
                other.createStatement().execute("SELECT id FROM jobs FOR UPDATE");
                long begin = System.nanoTime();
                assertThatThrownBy(ClaimContract.this::claim).isInstanceOf(DataAccessException.class);
                // Sent twice, since the first answer might only have been lost.
                assertThat(Duration.ofNanos(System.nanoTime() - begin))
                        .isBetween(
                                Duration.ofSeconds(TimeLimitedJdbc.TIMEOUT_SECONDS),
                                Duration.ofSeconds(3L * TimeLimitedJdbc.TIMEOUT_SECONDS));
                other.rollback();
            }
            assertThat(database.count("SELECT count(*) FROM executions")).isZero();
        }

        @Test
        void without_the_unique_key_the_check_fails_closed() {
            database.jdbc()
                    .sql("ALTER TABLE executions DROP CONSTRAINT executions_cell_key")
                    .update();
            assertThatThrownBy(ClaimContract.this::claim).isInstanceOf(DataAccessException.class);
            assertThat(database.count("SELECT count(*) FROM executions")).isZero();
        }
    }
}
