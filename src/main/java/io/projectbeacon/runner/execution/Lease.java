package io.projectbeacon.runner.execution;

/** The right to begin a call: it lasts as long as the job's lock is known to be held. */
public interface Lease {

    /**
     * Waits until the lease holds, which it does at once unless a renewal is overdue.
     *
     * @return false when the run has lost its job for good, and must begin no call any more
     */
    boolean await() throws InterruptedException;
}
