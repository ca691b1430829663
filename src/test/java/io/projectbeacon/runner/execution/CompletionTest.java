package io.projectbeacon.runner.execution;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.Counter;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.Told;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import io.projectbeacon.runner.job.JobRoom;
import io.projectbeacon.runner.job.Jobs;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.Race;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The writes at the end of an attempt, with two runs of one job played step by step. */
class CompletionTest {

    private static final List<JsonNode> ANSWERS =
            List.of(ExecutionHarness.JSON.createObjectNode().put("response", "the first run's answer"));

    private Database database;
    private ExecutionHarness harness;
    private long job;
    private Run firstRun;

    @BeforeEach
    void aJobRunningUnderFenceOne() {
        database = Database.fresh();
        harness = new ExecutionHarness("runner", database.pool(4), request -> new Answer("yes", null, null));
        job = database.runningJob("job", 1, "rerun", 2);
        firstRun = ExecutionHarness.run(job, 1, RunCause.SUBMISSION);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private Attempt claimed(Run run) {
        UUID claimId = UUID.randomUUID();
        return ExecutionHarness.attempt(run, claimId, (ClaimResult.Claimed)
                harness.statement.claim(new ClaimRequest(run, "us-east", "a", claimId)));
    }

    private Run takenOver() {
        database.jdbc().sql("UPDATE jobs SET fence = 2").update();
        return ExecutionHarness.run(job, 2, RunCause.REDELIVERY);
    }

    private String row() {
        return database.jdbc()
                .sql(
                        "SELECT status || ' ' || outcome || ' ' || attempt || ' ' || coalesce(key_numbers ->> '0', '0') FROM executions")
                .query(String.class)
                .single();
    }

    private static RetryableFailure failure(String message) {
        return new RetryableFailure("http_500", message, 500, null, Told.OUTCOME);
    }

    @Test
    void an_answer_completes_the_cell() {
        assertThat(harness.completion.ended(claimed(firstRun), new AttemptEnd.Completed(ANSWERS), null))
                .contains(ExecutionStatus.COMPLETED);
        assertThat(row()).isEqualTo("completed completed 1 0");
    }

    @Test
    void a_failure_carries_code_message_attempt_and_provider_and_counts_for_the_provider_key() {
        harness.completion.ended(
                claimed(firstRun), new AttemptEnd.Failed(List.of(), failure("busy\0 now"), true), null);
        assertThat(row()).isEqualTo("failed failed 1 1");
        assertThat(database.jdbc()
                        .sql("SELECT error_code, error_message, error_http_status, error_retryable, error_provider"
                                + " FROM executions")
                        .query()
                        .singleRow()
                        .values())
                .containsExactly("http_500", "busy now", 500, true, "test");
    }

    @Test
    void a_call_whose_end_was_not_seen_ends_its_attempt_unknown_and_fails_the_cell_under_rerun() {
        harness.completion.ended(
                claimed(firstRun),
                new AttemptEnd.Unknown(List.of(), new UnknownOutcome("timeout", "late", null)),
                null);
        assertThat(row()).isEqualTo("failed unknown 1 0");
        assertThat(harness.unknown()).isEqualTo(1);
    }

    @Test
    void a_call_whose_end_was_not_seen_leaves_the_cell_unknown_under_hold() {
        harness.completion.ended(
                claimed(ExecutionHarness.holding(job, 1)),
                new AttemptEnd.Unknown(List.of(), new UnknownOutcome("timeout", "late", null)),
                null);
        assertThat(row()).isEqualTo("unknown unknown 1 0");
    }

    @Test
    void a_failure_before_the_next_attempt_that_is_written_twice_counts_once() {
        Attempt attempt = claimed(firstRun);
        AttemptEnd end = new AttemptEnd.Failed(List.of(), failure("busy"), true);
        assertThat(harness.completion.ended(attempt, end, Counted.NONE)).contains(ExecutionStatus.RUNNING);
        assertThat(harness.completion.ended(attempt, end, Counted.NONE)).contains(ExecutionStatus.RUNNING);
        assertThat(row()).isEqualTo("running failed 1 1");
    }

    @Test
    void an_end_that_is_written_twice_because_its_answer_was_lost_stands_once() {
        Attempt attempt = claimed(firstRun);
        AttemptEnd end = new AttemptEnd.Failed(List.of(), failure("busy"), true);
        harness.completion.ended(attempt, end, null);
        assertThat(harness.completion.ended(attempt, end, null)).contains(ExecutionStatus.FAILED);
        assertThat(row()).isEqualTo("failed failed 1 1");
    }

    @Test
    void a_success_that_finds_a_newer_attempt_is_an_allowed_duplicate_and_overwrites_nothing() {
        Attempt first = claimed(firstRun);
        Attempt second = claimed(takenOver());
        assertThat(second.number()).isEqualTo(2);
        assertThat(harness.completion.ended(first, new AttemptEnd.Completed(ANSWERS), null))
                .isEmpty();
        assertThat(row()).isEqualTo("running running 2 0");
        assertThat(harness.allowed()).isEqualTo(1);
        assertThat(database.count("SELECT occurrences FROM execution_duplicates WHERE layer = 'completion'"
                        + " AND outcome = 'allowed'"))
                .isEqualTo(1);
    }

    @Test
    void a_failure_that_finds_a_newer_attempt_is_not_counted() {
        Attempt first = claimed(firstRun);
        claimed(takenOver());
        assertThat(harness.completion.ended(first, new AttemptEnd.Failed(List.of(), failure("busy"), true), null))
                .isEmpty();
        assertThat(row()).isEqualTo("running running 2 0");
        assertThat(harness.allowed()).isZero();
    }

    @Test
    void a_runner_that_was_only_paused_completes_a_cell_that_nobody_ran_again() {
        Attempt first = claimed(firstRun);
        takenOver();
        assertThat(harness.completion.ended(first, new AttemptEnd.Completed(ANSWERS), null))
                .contains(ExecutionStatus.COMPLETED);
        assertThat(harness.allowed()).isZero();
    }

    @Test
    void a_late_answer_to_a_held_cell_completes_it_and_the_status_of_its_job_follows() {
        database.jdbc().sql("UPDATE jobs SET on_unknown = 'hold', cells = 1").update();
        Attempt first = claimed(ExecutionHarness.holding(job, 1));
        database.jdbc().sql("UPDATE jobs SET fence = 2").update();
        assertThat(harness.statement.claim(
                        new ClaimRequest(ExecutionHarness.holding(job, 2), "us-east", "a", UUID.randomUUID())))
                .isInstanceOf(ClaimResult.HeldUnknown.class);
        database.jdbc()
                .sql("UPDATE jobs SET status = 'failed', finished_at = clock_timestamp()")
                .update();
        assertThat(harness.completion.ended(first, new AttemptEnd.Completed(ANSWERS), null))
                .contains(ExecutionStatus.COMPLETED);
        assertThat(database.jdbc()
                        .sql("SELECT status FROM jobs")
                        .query(String.class)
                        .single())
                .isEqualTo("completed");
    }

    @Test
    void a_failure_of_a_call_that_was_never_sent_leaves_the_providers_key_as_it_is() {
        harness.completion.ended(
                claimed(firstRun),
                new AttemptEnd.Failed(
                        List.of(), new RetryableFailure("connection_refused", "not sent", null, null), true),
                null);
        assertThat(row()).isEqualTo("failed failed 1 0");
    }

    @Test
    void an_attempt_that_somebody_has_given_up_as_unknown_is_not_counted_as_unknown_again() {
        database.jdbc().sql("UPDATE jobs SET on_unknown = 'hold'").update();
        Attempt first = claimed(ExecutionHarness.holding(job, 1));
        database.jdbc().sql("UPDATE jobs SET fence = 2").update();
        assertThat(harness.statement.claim(
                        new ClaimRequest(ExecutionHarness.holding(job, 2), "us-east", "a", UUID.randomUUID())))
                .isInstanceOf(ClaimResult.HeldUnknown.class);
        AttemptEnd.Unknown late =
                new AttemptEnd.Unknown(List.of(), new UnknownOutcome("timeout", "no answer in 5 s", null));
        assertThat(harness.completion.ended(first, late, null)).isEmpty();
        assertThat(row()).isEqualTo("unknown unknown 1 0");
        assertThat(database.count("SELECT count(*) FROM executions WHERE error_code = 'run_gone'"))
                .isEqualTo(1);
        assertThat(harness.registry.find("beacon.executions.unknown").counters().stream()
                        .mapToDouble(Counter::count)
                        .sum())
                .isZero();
    }

    @Test
    void a_cancelled_cell_never_completes_afterwards() {
        Attempt attempt = claimed(firstRun);
        database.jdbc()
                .sql(
                        "UPDATE executions SET status = 'cancelled', outcome = 'unknown', completed_at = clock_timestamp()")
                .update();
        assertThat(harness.completion.ended(attempt, new AttemptEnd.Completed(ANSWERS), null))
                .isEmpty();
        assertThat(row()).isEqualTo("cancelled unknown 1 0");
        assertThat(harness.allowed()).isZero();
    }

    @Test
    void an_answer_of_a_replaced_attempt_to_one_of_several_questions_ends_the_attempt() {
        Attempt first = claimed(firstRun);
        assertThat(harness.completion.answered(first, ANSWERS)).isEqualTo(Completion.Kept.DURABLE);
        claimed(takenOver());
        assertThat(harness.completion.answered(first, ANSWERS)).isEqualTo(Completion.Kept.REPLACED);
        assertThat(harness.allowed()).isEqualTo(1);
    }

    @Test
    void an_answer_to_one_of_several_questions_is_kept_when_the_job_was_lost_but_nobody_runs_the_cell() {
        Attempt first = claimed(firstRun);
        takenOver();
        assertThat(harness.completion.answered(first, ANSWERS)).isEqualTo(Completion.Kept.REPLACED);
        assertThat(database.count("SELECT json_array_length(answers) FROM executions"))
                .isEqualTo(1);
        assertThat(harness.allowed()).isZero();
        assertThat(row()).isEqualTo("running running 1 0");
    }

    @Test
    void an_answer_with_any_character_can_be_stored() {
        List<JsonNode> odd = List.of(ExecutionHarness.JSON.createObjectNode().put("response", "\0\u0007 \uD83D\uDED1"));
        assertThat(harness.completion.ended(claimed(firstRun), new AttemptEnd.Completed(odd), null))
                .isEqualTo(Optional.of(ExecutionStatus.COMPLETED));
    }

    /** A cancel under hold: the cell is unknown, its job has ended, and its content is erased. */
    private void endedAndErased() {
        database.jdbc().sql("""
                        UPDATE executions SET status = 'unknown', outcome = 'unknown', completed_at = now(),
                          error_code = 'cancelled', error_message = 'm', error_provider = 'p', error_retryable = false""").update();
        database.jdbc()
                .sql("UPDATE jobs SET status = 'cancelled', finished_at = now()")
                .update();
        assertThat(JobRoom.eraseContent(database.pool(1), "job")).isEqualTo(Jobs.Erasure.ERASED);
    }

    private String texts() {
        return database.jdbc()
                .sql(
                        "SELECT concat_ws(' ', answers, error_code, error_message, error_answer, past_attempts) FROM executions")
                .query(String.class)
                .single();
    }

    @Test
    void an_answer_that_comes_after_its_jobs_content_was_erased_completes_the_cell_and_leaves_no_text() {
        Attempt late = claimed(firstRun);
        endedAndErased();
        assertThat(harness.completion.ended(late, new AttemptEnd.Completed(ANSWERS), null))
                .contains(ExecutionStatus.COMPLETED);
        assertThat(row()).isEqualTo("completed completed 1 0");
        assertThat(texts()).isEqualTo("[] []");
    }

    @Test
    void a_failure_that_comes_after_its_jobs_content_was_erased_ends_the_cell_and_leaves_no_text() {
        Attempt late = claimed(firstRun);
        endedAndErased();
        RetryableFailure failure = new RetryableFailure("No, not that", "a text", 500, null, Told.OUTCOME);
        assertThat(harness.completion.ended(
                        late, new AttemptEnd.Failed(ANSWERS, failure, false, true, ANSWERS.getFirst()), null))
                .contains(ExecutionStatus.FAILED);
        assertThat(row()).isEqualTo("failed failed 1 0");
        assertThat(texts()).isEqualTo("[] erased erased []");
    }

    @Test
    void an_answer_between_two_questions_that_comes_after_the_erasing_leaves_no_text() {
        Attempt late = claimed(firstRun);
        endedAndErased();
        harness.completion.answered(late, ANSWERS);
        assertThat(texts()).startsWith("[] cancelled erased").doesNotContain("answer");
    }

    @Test
    void of_an_answer_beside_the_erasing_no_text_is_left_whichever_is_first() throws Exception {
        HikariDataSource second = database.pool(2);
        try (Race race = new Race(2)) {
            for (int n = 0; n < 100; n++) {
                database.jdbc().sql("DELETE FROM jobs").update();
                job = database.runningJob("job", 1, "hold", 1);
                Attempt late = claimed(ExecutionHarness.run(job, 1, RunCause.SUBMISSION));
                database.jdbc().sql("""
                                UPDATE executions SET status = 'unknown', outcome = 'unknown', completed_at = now(),
                                  error_code = 'c', error_message = 'm', error_provider = 'p', error_retryable = false""").update();
                database.jdbc()
                        .sql("UPDATE jobs SET status = 'cancelled', finished_at = now()")
                        .update();
                List<Callable<Object>> both = List.of(
                        () -> harness.completion.ended(late, new AttemptEnd.Completed(ANSWERS), null),
                        () -> JobRoom.eraseContent(second, "job"));
                assertThat(race.run(both)).containsExactly(Optional.of(ExecutionStatus.COMPLETED), Jobs.Erasure.ERASED);
                assertThat(texts()).isEqualTo("[] []");
            }
        }
    }
}
