package io.projectbeacon.runner.execution;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.Counter;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.domain.UnknownCause;
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
import tools.jackson.databind.node.ObjectNode;

/** The writes at the end of an attempt, with two runs of one job played step by step. */
class CompletionTest {

    private static final JsonNode ANSWER =
            ExecutionHarness.JSON.createObjectNode().put("response", "the first run's answer");
    private static final Answers ANSWERS = Answers.fresh(List.of(ANSWER));

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
                claimed(firstRun), new AttemptEnd.Failed(Answers.NONE, failure("busy\0 now"), true), null);
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
                new AttemptEnd.Unknown(Answers.NONE, new UnknownOutcome(UnknownCause.TIMEOUT, "timeout", "late", null)),
                null);
        assertThat(row()).isEqualTo("failed unknown 1 0");
        assertThat(harness.unknown()).isEqualTo(1);
    }

    @Test
    void a_call_whose_end_was_not_seen_leaves_the_cell_unknown_under_hold() {
        harness.completion.ended(
                claimed(ExecutionHarness.holding(job, 1)),
                new AttemptEnd.Unknown(Answers.NONE, new UnknownOutcome(UnknownCause.TIMEOUT, "timeout", "late", null)),
                null);
        assertThat(row()).isEqualTo("unknown unknown 1 0");
    }

    @Test
    void a_failure_before_the_next_attempt_that_is_written_twice_counts_once() {
        Attempt attempt = claimed(firstRun);
        AttemptEnd end = new AttemptEnd.Failed(Answers.NONE, failure("busy"), true);
        assertThat(harness.completion.ended(attempt, end, Counted.NONE)).contains(ExecutionStatus.RUNNING);
        assertThat(harness.completion.ended(attempt, end, Counted.NONE)).contains(ExecutionStatus.RUNNING);
        assertThat(row()).isEqualTo("running failed 1 1");
    }

    @Test
    void an_end_that_is_written_twice_because_its_answer_was_lost_stands_once() {
        Attempt attempt = claimed(firstRun);
        AttemptEnd end = new AttemptEnd.Failed(Answers.NONE, failure("busy"), true);
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
        assertThat(harness.completion.ended(first, new AttemptEnd.Failed(Answers.NONE, failure("busy"), true), null))
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
                        Answers.NONE, RetryableFailure.notSent("connection_refused", "nothing listens", null), true),
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
        AttemptEnd.Unknown late = new AttemptEnd.Unknown(
                Answers.NONE, new UnknownOutcome(UnknownCause.TIMEOUT, "timeout", "no answer in 5 s", null));
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
        Answers odd = Answers.fresh(
                List.of(ExecutionHarness.JSON.createObjectNode().put("response", "\0\u0007 \uD83D\uDED1")));
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
        assertThat(harness.completion.ended(late, new AttemptEnd.Failed(ANSWERS, failure, false, true, ANSWER), null))
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

    private static JsonNode answer(String response, String... marks) {
        ObjectNode answer = ExecutionHarness.JSON.createObjectNode().put("response", response);
        for (String mark : marks) {
            answer.withArray("flagged").add(mark);
        }
        return answer;
    }

    private String stored(String column) {
        return database.jdbc()
                .sql("SELECT %s::text FROM executions".formatted(column))
                .query(String.class)
                .single();
    }

    @Test
    void each_answer_is_put_behind_those_that_the_row_has_and_stands_once_though_it_is_sent_twice() {
        Attempt attempt = claimed(firstRun);
        Answers first = attempt.answers().and(answer("one\0", "length"));
        assertThat(harness.completion.answered(attempt, first)).isEqualTo(Completion.Kept.DURABLE);
        Answers second = first.durable().and(answer("two, \"three\"]"));
        assertThat(second.fresh()).hasSize(1);
        assertThat(harness.completion.answered(attempt, second)).isEqualTo(Completion.Kept.DURABLE);
        assertThat(harness.completion.answered(attempt, second)).isEqualTo(Completion.Kept.DURABLE);
        assertThat(harness.completion.ended(
                        attempt,
                        new AttemptEnd.Completed(second.durable().and(answer("three", "empty", "length"))),
                        null))
                .contains(ExecutionStatus.COMPLETED);
        assertThat(ExecutionHarness.JSON.readTree(stored("answers")).values())
                .extracting(answer -> answer.path("response").asString())
                .containsExactly("one\0", "two, \"three\"]", "three");
        assertThat(stored("flags")).isEqualTo("{length,empty}");
    }

    @Test
    void the_next_run_is_told_how_many_answers_there_are_and_their_marks_and_goes_on_behind_them() {
        Attempt attempt = claimed(firstRun);
        Answers two = attempt.answers().and(answer("one\0\\u0000", "length")).and(answer("two", "empty"));
        harness.completion.answered(attempt, two);
        Attempt next = claimed(takenOver());
        assertThat(next.answers().count()).isEqualTo(2);
        assertThat(next.answers().fresh()).isEmpty();
        assertThat(next.answers().marks()).containsExactlyInAnyOrder("length", "empty");
        assertThat(harness.completion.ended(
                        next, new AttemptEnd.Completed(next.answers().and(answer("three"))), null))
                .contains(ExecutionStatus.COMPLETED);
        assertThat(ExecutionHarness.JSON.readTree(stored("answers"))).hasSize(3);
        assertThat(stored("flags")).isEqualTo("{empty,length}");
    }

    @Test
    void a_row_that_has_lost_answers_takes_none_behind_the_gap() {
        Attempt attempt = claimed(firstRun);
        Answers first = attempt.answers().and(answer("one"));
        harness.completion.answered(attempt, first);
        // As after a failover to a standby that had not been sent the last commit.
        database.jdbc().sql("UPDATE executions SET answers = '[]'").update();
        Answers second = first.durable().and(answer("two"));
        assertThat(harness.completion.answered(attempt, second)).isEqualTo(Completion.Kept.REPLACED);
        assertThat(harness.completion.ended(attempt, new AttemptEnd.Completed(second), null))
                .isEmpty();
        assertThat(stored("answers")).isEqualTo("[]");
        assertThat(row()).isEqualTo("running running 1 0");
    }

    @Test
    void a_late_answer_to_a_later_question_is_kept_behind_the_others() {
        Attempt attempt = claimed(firstRun);
        Answers first = attempt.answers().and(answer("one"));
        harness.completion.answered(attempt, first);
        database.jdbc()
                .sql("UPDATE jobs SET status = 'cancelled', finished_at = now()")
                .update();
        assertThat(harness.completion.answered(attempt, first.durable().and(answer("two"))))
                .isEqualTo(Completion.Kept.REPLACED);
        assertThat(ExecutionHarness.JSON.readTree(stored("answers"))).hasSize(2);
    }
}
