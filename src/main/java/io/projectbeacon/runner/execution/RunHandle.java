package io.projectbeacon.runner.execution;

import java.time.Duration;

/** What a cell asks its run: whether the run's lease lets a call begin, the waits, and what is logged. */
public interface RunHandle {

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
