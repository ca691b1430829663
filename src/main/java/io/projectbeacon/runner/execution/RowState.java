package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.OnUnknown;
import io.projectbeacon.runner.inference.InferenceResult.Failure;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The values that a row takes: the cell's status, and the outcome of its latest attempt.
 *
 * @param error why the latest attempt gave no answer; null when it did, or has not ended
 * @param counted what counts against the bounds on the attempts that follow; null when none does
 */
record RowState(
        ExecutionStatus status,
        ExecutionStatus outcome,
        Answers answers,
        @Nullable Error error,
        @Nullable Counted counted) {

    RowState(ExecutionStatus status, ExecutionStatus outcome, Answers answers, @Nullable Error error) {
        this(status, outcome, answers, error, null);
    }

    /**
     * What the row says of a failure.
     *
     * @param retryable whether another attempt may succeed
     * @param paid whether the provider was paid for an answer that the job does not accept
     * @param text what came with the failure
     */
    record Error(
            Failure failure,
            boolean retryable,
            boolean paid,
            @Nullable JsonNode text) {}

    /** What the end of an attempt makes of its cell, if there is no other attempt. */
    static RowState of(Attempt attempt, AttemptEnd end) {
        return switch (end) {
            case AttemptEnd.Completed completed ->
                new RowState(ExecutionStatus.COMPLETED, ExecutionStatus.COMPLETED, completed.answers(), null);
            case AttemptEnd.Failed failed ->
                new RowState(
                        isHeld(attempt, failed) ? ExecutionStatus.UNKNOWN : ExecutionStatus.FAILED,
                        ExecutionStatus.FAILED,
                        failed.answers(),
                        new Error(failed.failure(), failed.retryable(), failed.paid(), failed.text()));
            case AttemptEnd.PutOff putOff ->
                new RowState(
                        ExecutionStatus.FAILED,
                        ExecutionStatus.FAILED,
                        putOff.answers(),
                        new Error(AttemptEnd.PutOff.NOT_SENT, true, false, null));
            case AttemptEnd.Unknown unknown -> unseen(attempt, unknown.answers(), unknown.failure(), unknown.text());
            case AttemptEnd.StillRunning running -> unseen(attempt, running.answers(), running.failure(), null);
        };
    }

    /**
     * Whether the cell waits for a person all the same: a call that was not sent, or was refused for now, tells nothing of
     * the earlier one, which may have been answered and paid for.
     */
    private static boolean isHeld(Attempt attempt, AttemptEnd.Failed failed) {
        return attempt.run().onUnknown() == OnUnknown.HOLD
                && failed.failure().tellsNothing()
                && !failed.paid()
                && attempt.inDoubtAfter(failed.answers().count());
    }

    private static RowState unseen(Attempt attempt, Answers answers, Failure failure, @Nullable JsonNode text) {
        boolean held = attempt.run().onUnknown() == OnUnknown.HOLD;
        return new RowState(
                held ? ExecutionStatus.UNKNOWN : ExecutionStatus.FAILED,
                ExecutionStatus.UNKNOWN,
                answers,
                new Error(failure, !held, false, text));
    }

    /** The attempt has not ended: these are its answers so far. */
    static RowState underWay(Answers answers) {
        return new RowState(ExecutionStatus.RUNNING, ExecutionStatus.RUNNING, answers, null);
    }

    /** The attempt has ended, and the cell waits for its next one. */
    RowState waiting(Counted soFar) {
        return new RowState(ExecutionStatus.RUNNING, outcome, answers, error, soFar);
    }

    /** Whether the cell goes on after the attempt has ended. */
    boolean isWaiting() {
        return status == ExecutionStatus.RUNNING && outcome != ExecutionStatus.RUNNING;
    }

    /** The marks of a completed cell's answers, each once; empty for any other. */
    List<String> flags() {
        return status == ExecutionStatus.COMPLETED ? answers.marks() : List.of();
    }
}
