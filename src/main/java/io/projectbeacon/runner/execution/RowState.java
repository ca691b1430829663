package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.OnUnknown;
import io.projectbeacon.runner.inference.InferenceResult.Failure;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The values that a row takes: the cell's status, and the outcome of its latest attempt. */
record RowState(
        ExecutionStatus status,
        ExecutionStatus outcome,
        List<JsonNode> answers,
        @Nullable Failure failure,
        boolean retryable) {

    /** What the end of an attempt makes of its cell, if there is no other attempt. */
    static RowState of(Attempt attempt, AttemptEnd end) {
        return switch (end) {
            case AttemptEnd.Completed completed ->
                new RowState(ExecutionStatus.COMPLETED, ExecutionStatus.COMPLETED, completed.answers(), null, false);
            case AttemptEnd.Failed failed ->
                new RowState(
                        ExecutionStatus.FAILED,
                        ExecutionStatus.FAILED,
                        failed.answers(),
                        failed.failure(),
                        failed.retryable());
            case AttemptEnd.Unknown unknown ->
                new RowState(
                        isHeld(attempt) ? ExecutionStatus.UNKNOWN : ExecutionStatus.FAILED,
                        ExecutionStatus.UNKNOWN,
                        unknown.answers(),
                        unknown.failure(),
                        !isHeld(attempt));
        };
    }

    private static boolean isHeld(Attempt attempt) {
        return attempt.run().onUnknown() == OnUnknown.HOLD;
    }

    /** The attempt has not ended: these are its answers so far. */
    static RowState underWay(List<JsonNode> answers) {
        return new RowState(ExecutionStatus.RUNNING, ExecutionStatus.RUNNING, answers, null, false);
    }

    /** The attempt has ended, and the cell waits for its next one. */
    RowState waiting() {
        return new RowState(ExecutionStatus.RUNNING, outcome, answers, failure, retryable);
    }
}
