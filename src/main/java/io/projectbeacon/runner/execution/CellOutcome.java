package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.domain.ExecutionStatus;

/** What became of a cell that a run came to. */
public sealed interface CellOutcome {

    /** It was called, and its end is recorded. */
    record Ended(ExecutionStatus status) implements CellOutcome {}

    /**
     * {@code duplicate_skipped}: the cell takes the outcome of the row that stopped it.
     *
     * @param existingCount how many rows the cell has; more than one is an alarm
     */
    record DuplicateSkipped(ExecutionStatus existingStatus, int existingCount) implements CellOutcome {}

    /** Its end stands; nothing was done. */
    record AlreadyEnded() implements CellOutcome {}

    /** The run begins nothing more, and nothing was called: the cell is for the next run of the job. */
    record PutOff() implements CellOutcome {}

    /** The job is not this run's any more: another run may be at work on it. */
    record RunReplaced() implements CellOutcome {}

    /** The check could not be made, so nothing was let through. */
    record CheckFailed(Exception cause) implements CellOutcome {}

    /** The run was interrupted while a call was under way: the next run of the job finds the attempt without an end. */
    record Interrupted() implements CellOutcome {}

    /** A fault of this service: what became of the cell is what its row says. */
    record Broken(Throwable cause) implements CellOutcome {}
}
