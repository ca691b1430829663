package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.UnknownCause;
import org.jspecify.annotations.Nullable;

/** The answer to a claim. */
sealed interface ClaimResult {

    /**
     * The cell's row is ours: the call may be made.
     *
     * @param attempt the fence of the cell: completion is guarded by it
     * @param answers what earlier attempts have answered already; the next question is the one after them
     * @param inDoubt whether an earlier call for the next question, under its present key, has an unknown outcome
     * @param counted what counts against the bounds on its attempts so far
     * @param orphaned why an attempt of a run that is gone, which the claim has ended, is of unknown outcome now; null when
     *     there was none
     */
    record Claimed(
            long executionId,
            int attempt,
            Answers answers,
            KeyNumbers keyNumbers,
            boolean inDoubt,
            Counted counted,
            @Nullable UnknownCause orphaned)
            implements ClaimResult {}

    /** The claim is a duplicate: the cell is completed, or running under this very run. */
    record Duplicate(long executionId, ExecutionStatus existingStatus, long existingFence, int existingCount)
            implements ClaimResult {}

    /**
     * The attempt of a run that is gone ended unknown, and the job asked to hold such a cell.
     *
     * @param attempt the number of that attempt
     * @param cause why its end was not seen
     */
    record HeldUnknown(int attempt, UnknownCause cause) implements ClaimResult {}

    /** The cell's end stands and no retry covers it. Not a duplicate. */
    record AlreadyEnded() implements ClaimResult {}

    /** The job is not this run's any more. Not a duplicate; the run ends. */
    record RunReplaced() implements ClaimResult {}
}
