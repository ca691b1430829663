package io.projectbeacon.runner.execution;

import java.time.Duration;
import java.util.Optional;

/**
 * What a cell that has begun asks its run: threads, whether the run's lease lets a call begin, the waits, and what is logged; and
 * what it tells it at its end.
 */
public interface RunHandle {

    /** A part of what is done with the cell, on a thread of its own, which the run may interrupt. */
    interface Step {

        /** @return what became of the cell; empty when it is not done with, and its outcome will be told */
        Optional<CellOutcome> make() throws InterruptedException;
    }

    /** Begins a step, and tells its outcome. It begins interrupted when the run was interrupted before. */
    void start(Step step);

    /** The cell is done with, for this run; to be told once. To be over soon. */
    void done(CellOutcome outcome);

    /** Whether a call may begin; not when the run has been stopped in any way, or the job's time is up. */
    boolean mayCall();

    /** Whether {@link #awaitLease} would return true at once. */
    boolean hasLease();

    /**
     * Waits until the job is known to be this run's, which it is at once unless a renewal of its lock is overdue.
     *
     * @return false when the run has lost its job for good, and must begin no call any more
     */
    boolean awaitLease() throws InterruptedException;

    /** A wait for the cell's region; an interrupt ends it. */
    interface RegionWait {
        void await() throws InterruptedException;
    }

    /**
     * Waits until the cell's region takes a call.
     *
     * @return false when the run begins nothing more: the job is put aside meanwhile, or the service is stopping
     */
    boolean await(RegionWait wait) throws InterruptedException;

    /** Whether the line about one more duplicate is written; those that are not, the run tells in one line at its end. */
    boolean logsDuplicate();

    /**
     * Waits before the next attempt. Other cells may use this one's slot in its region meanwhile.
     *
     * @return false when the run begins nothing more; the next run of the job goes on
     */
    boolean pause(Duration atLeast) throws InterruptedException;
}
