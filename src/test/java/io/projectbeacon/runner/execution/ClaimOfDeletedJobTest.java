package io.projectbeacon.runner.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.support.Database;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** No foreign key keeps a cell's row from having no job: the claim and the deletion do. */
class ClaimOfDeletedJobTest {

    private static final Answers ANSWERS =
            Answers.fresh(List.of(ExecutionHarness.JSON.createObjectNode().put("response", "late")));

    private Database database;
    private HikariDataSource pool;
    private ExecutionHarness harness;
    private Run run;

    @BeforeEach
    void aRunningJob() {
        database = Database.fresh();
        pool = database.pool(4);
        harness = new ExecutionHarness("runner", pool, request -> new Answer("yes", null, null));
        run = ExecutionHarness.run(database.runningJob("job", 1, "rerun", 3), 1, RunCause.SUBMISSION);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private ClaimRequest request(String model) {
        return new ClaimRequest(run, "us-east", model, UUID.randomUUID());
    }

    private ClaimResult claim(String model) {
        return harness.statement.claim(request(model));
    }

    private CompletableFuture<Integer> deletion() {
        return CompletableFuture.supplyAsync(
                () -> database.jdbc().sql("DELETE FROM jobs").update(), Thread::startVirtualThread);
    }

    private long waiting() {
        return database.count(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
    }

    private long rows() {
        return database.count("SELECT count(*) FROM executions");
    }

    @Test
    void a_claim_of_a_job_that_was_deleted_is_turned_away_and_writes_no_row() {
        assertThat(claim("a")).isInstanceOf(ClaimResult.Claimed.class);
        assertThat(deletion()).succeedsWithin(Duration.ofMinutes(1)).isEqualTo(1);
        assertThat(claim("b")).isInstanceOf(ClaimResult.RunReplaced.class);
        assertThat(harness.statement.claimTogether(List.of(request("c"), request("d"))))
                .containsExactly(Optional.empty(), Optional.empty());
        assertThat(rows()).isZero();
    }

    @Test
    void a_deletion_that_waited_for_a_claim_takes_the_cell_that_the_claim_has_committed_since() {
        claim("a");
        CompletableFuture<Integer> deletion = new TransactionTemplate(new JdbcTransactionManager(pool))
                .execute(transaction -> {
                    assertThat(claim("b")).isInstanceOf(ClaimResult.Claimed.class);
                    CompletableFuture<Integer> begun = deletion();
                    await().until(() -> begun.isDone() || waiting() == 1);
                    assertThat(begun).as("a deletion beside a claim").isNotDone();
                    return begun;
                });
        assertThat(deletion).succeedsWithin(Duration.ofMinutes(1)).isEqualTo(1);
        assertThat(rows()).isZero();
    }

    @Test
    void a_claim_that_waited_for_a_deletion_is_turned_away_and_writes_no_row() throws Exception {
        try (Connection deletion = database.pool(1).getConnection()) {
            deletion.setAutoCommit(false);
            deletion.createStatement().execute("DELETE FROM jobs");
            CompletableFuture<ClaimResult> claim =
                    CompletableFuture.supplyAsync(() -> claim("a"), Thread::startVirtualThread);
            await().until(() -> claim.isDone() || waiting() == 1);
            deletion.commit();
            assertThat(claim.get()).isInstanceOf(ClaimResult.RunReplaced.class);
        }
        assertThat(rows()).isZero();
    }

    @Test
    void an_answer_that_comes_after_the_deletion_writes_nothing() {
        ClaimRequest request = request("a");
        Attempt attempt = ExecutionHarness.attempt(
                run, request.claimId(), (ClaimResult.Claimed) harness.statement.claim(request));
        deletion().join();
        harness.completion.answered(attempt, ANSWERS);
        assertThat(harness.completion.ended(attempt, new AttemptEnd.Completed(ANSWERS), null))
                .isEmpty();
        assertThat(rows()).isZero();
        assertThat(database.count("SELECT count(*) FROM execution_duplicates")).isZero();
    }
}
