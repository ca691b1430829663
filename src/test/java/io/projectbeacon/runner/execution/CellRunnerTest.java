package io.projectbeacon.runner.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.Conversation;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.inference.InferenceRequest;
import io.projectbeacon.runner.inference.InferenceResult;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.Told;
import io.projectbeacon.runner.support.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CellRunnerTest {

    private final List<InferenceRequest> asked = new ArrayList<>();
    private Function<InferenceRequest, InferenceResult> provider =
            request -> new Answer("to " + request.question(), 1, 2);
    private Database database;
    private ExecutionHarness harness;
    private long job;

    @BeforeEach
    void aRunningJob() {
        database = Database.fresh();
        harness = new ExecutionHarness("runner", database.pool(4), request -> {
            asked.add(request);
            return provider.apply(request);
        });
        job = database.runningJob("job", 1, "rerun", 1);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private static CellWork cell(String... questions) {
        return new CellWork(
                "us-east",
                "a",
                Conversation.plain(),
                List.of(questions),
                ExecutionHarness.JSON.createObjectNode().put("max_tokens", 50),
                Set.of());
    }

    private CellOutcome run(CellWork cell, long fence, RunCause cause) throws InterruptedException {
        return harness.process(ExecutionHarness.run(job, fence, cause), cell, ExecutionHarness.handle());
    }

    private String answers() {
        return database.jdbc()
                .sql(
                        "SELECT coalesce(string_agg(a ->> 'response', ', '), '') FROM executions, json_array_elements(answers) a")
                .query(String.class)
                .single();
    }

    @Test
    void each_question_is_a_call_of_its_own_in_order() throws Exception {
        assertThat(run(cell("first", "second"), 1, RunCause.SUBMISSION))
                .isEqualTo(new CellOutcome.Ended(ExecutionStatus.COMPLETED));
        assertThat(asked).extracting(InferenceRequest::question).containsExactly("first", "second");
        assertThat(asked).extracting(InferenceRequest::questionNumber).containsExactly(0, 1);
        assertThat(asked)
                .extracting(request -> request.messages().toString())
                .containsExactly(
                        "[{\"role\":\"user\",\"content\":\"first\"}]", "[{\"role\":\"user\",\"content\":\"second\"}]");
        assertThat(asked).extracting(request -> request.parameters().toString()).containsOnly("{\"max_tokens\":50}");
        assertThat(answers()).isEqualTo("to first, to second");
    }

    @Test
    void an_answer_is_durable_before_the_next_question_and_a_retry_goes_on_at_the_first_unanswered_one()
            throws Exception {
        List<String> storedBeforeSecond = new ArrayList<>();
        provider = request -> {
            if (request.questionNumber() == 1) {
                storedBeforeSecond.add(answers());
                return new FinalFailure("http_400", "no", 400, Told.OUTCOME);
            }
            return new Answer("to " + request.question(), null, null);
        };
        assertThat(run(cell("first", "second"), 1, RunCause.SUBMISSION))
                .isEqualTo(new CellOutcome.Ended(ExecutionStatus.FAILED));
        assertThat(storedBeforeSecond).containsExactly("to first");

        database.jdbc()
                .sql("UPDATE jobs SET fence = 2, retry_fence = 1, run_cause = 'retry'")
                .update();
        provider = request -> new Answer("now to " + request.question(), null, null);
        asked.clear();
        assertThat(run(cell("first", "second"), 2, RunCause.RETRY))
                .isEqualTo(new CellOutcome.Ended(ExecutionStatus.COMPLETED));
        assertThat(asked).extracting(InferenceRequest::question).containsExactly("second");
        assertThat(asked).extracting(InferenceRequest::keyNumber).containsExactly(1);
        assertThat(answers()).isEqualTo("to first, now to second");
    }

    @Test
    void an_empty_answer_is_a_completed_cell_that_is_marked_as_empty() throws Exception {
        provider = request -> new Answer("", 3, 0);
        assertThat(run(cell("q"), 1, RunCause.SUBMISSION)).isEqualTo(new CellOutcome.Ended(ExecutionStatus.COMPLETED));
        assertThat(
                        database.count(
                                "SELECT count(*) FROM executions WHERE answers #>> '{0,flagged,0}' = 'empty' AND flags = '{empty}'"))
                .isEqualTo(1);
    }

    @Test
    void a_stopped_duplicate_is_counted_under_the_layer_that_the_run_began_by() throws Exception {
        run(cell("q"), 1, RunCause.SUBMISSION);
        assertThat(run(cell("q"), 1, RunCause.SUBMISSION))
                .isEqualTo(new CellOutcome.DuplicateSkipped(ExecutionStatus.COMPLETED, 1));
        database.jdbc().sql("UPDATE jobs SET fence = 2").update();
        run(cell("q"), 2, RunCause.RETRY);
        database.jdbc().sql("UPDATE jobs SET fence = 3").update();
        run(cell("q"), 3, RunCause.REDELIVERY);
        assertThat(asked).hasSize(1);
        assertThat(List.of(harness.detected("claim"), harness.detected("retry"), harness.detected("redelivery")))
                .containsExactly(1.0, 1.0, 1.0);
        assertThat(database.jdbc()
                        .sql("SELECT layer || ' ' || existing_status || ' ' || existing_count || ' ' || occurrences"
                                + " FROM execution_duplicates ORDER BY id")
                        .query(String.class)
                        .list())
                .containsExactly("claim completed 1 1", "retry completed 1 1", "redelivery completed 1 1");
    }

    @Test
    void no_call_is_made_when_the_check_cannot_be_made() throws Exception {
        database.jdbc().sql("ALTER TABLE executions RENAME TO executions_away").update();
        provider = request -> {
            // It throws, since an answer could not be written either, and the write would be retried for ever.
            throw new AssertionError("a call without a claim");
        };
        assertThat(run(cell("q"), 1, RunCause.SUBMISSION)).isInstanceOf(CellOutcome.CheckFailed.class);
        assertThat(asked).isEmpty();
        assertThat(harness.registry
                        .get("beacon.execution.claims.failed")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void nothing_is_claimed_when_the_lease_is_lost() throws Exception {
        CellOutcome outcome = harness.process(
                ExecutionHarness.run(job, 1, RunCause.SUBMISSION),
                cell("q"),
                ExecutionHarness.handle(() -> false, wait -> true));
        assertThat(outcome).isInstanceOf(CellOutcome.RunReplaced.class);
        assertThat(database.count("SELECT count(*) FROM executions")).isZero();
    }

    @Test
    void no_call_is_made_when_the_lease_is_lost_between_claim_and_call() throws Exception {
        AtomicInteger leaseChecks = new AtomicInteger();
        CellOutcome outcome = harness.process(
                ExecutionHarness.run(job, 1, RunCause.SUBMISSION),
                cell("q"),
                ExecutionHarness.handle(() -> leaseChecks.incrementAndGet() == 1, wait -> true));
        assertThat(outcome).isInstanceOf(CellOutcome.RunReplaced.class);
        assertThat(database.count("SELECT count(*) FROM executions WHERE status = 'running'"))
                .isEqualTo(1);
        assertThat(asked).isEmpty();
    }

    @Test
    void a_call_that_breaks_counts_as_one_whose_end_was_not_seen() throws Exception {
        provider = request -> {
            throw new IllegalStateException("a bug");
        };
        assertThat(run(cell("q"), 1, RunCause.SUBMISSION)).isEqualTo(new CellOutcome.Ended(ExecutionStatus.FAILED));
        assertThat(database.count("SELECT count(*) FROM executions WHERE outcome = 'unknown'"
                        + " AND error_code = 'internal_error'"))
                .isEqualTo(1);
        assertThat(harness.unknown()).isEqualTo(3);
    }

    @Test
    void an_answer_that_comes_together_with_an_interrupt_is_stored() throws Exception {
        provider = request -> {
            Thread.currentThread().interrupt();
            return new Answer("paid for", null, null);
        };
        assertThat(run(cell("q"), 1, RunCause.SUBMISSION)).isEqualTo(new CellOutcome.Ended(ExecutionStatus.COMPLETED));
        assertThat(answers()).isEqualTo("paid for");
    }
}
