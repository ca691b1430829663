package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.domain.ExecutionStatus;

/** The answer to a claim. */
sealed interface ClaimResult {

    /**
     * The cell's row is ours: the call may be made.
     *
     * @param attempt the fence of the cell: completion is guarded by it
     * @param answers what earlier attempts have answered already; the next question is the one after them
     * @param inDoubt whether an earlier call for the next question, under its present key, has an unknown outcome
     * @param counted what counts against the bounds on its attempts so far
     * @param orphaned whether the claim ended an attempt of a run that is gone, whose outcome is now unknown
     */
    record Claimed(
            long executionId,
            int attempt,
            Answers answers,
            KeyNumbers keyNumbers,
            boolean inDoubt,
            Counted counted,
            boolean orphaned)
            implements ClaimResult {}

    /** The claim is a duplicate: the cell is completed, or running under this very run. */
    record Duplicate(long executionId, ExecutionStatus existingStatus, long existingFence, int existingCount)
            implements ClaimResult {}

    /**
     * The attempt of a run that is gone ended unknown, and the job asked to hold such a cell.
     *
     * @param attempt the number of that attempt
     */
    record HeldUnknown(int attempt) implements ClaimResult {}

    /** The cell's end stands and no retry covers it. Not a duplicate. */
    record AlreadyEnded() implements ClaimResult {}

    /** The job is not this run's any more. Not a duplicate; the run ends. */
    record RunReplaced() implements ClaimResult {}
}
