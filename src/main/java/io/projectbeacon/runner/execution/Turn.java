package io.projectbeacon.runner.execution;

import java.time.Duration;

/** A cell's turn in its run: the job's lease, which lets a call begin, and the wait between two attempts. */
public interface Turn {

    /**
     * Waits until the job is known to be this run's, which it is at once unless a renewal of its lock is overdue.
     *
     * @return false when the run has lost its job for good, and must begin no call any more
     */
    boolean awaitLease() throws InterruptedException;

    /**
     * Waits before the next attempt. Others may use the cell's place in its region meanwhile.
     *
     * @return false when the run takes up nothing more, since the service is stopping; whoever runs the job next goes on
     */
    boolean pause(Duration atLeast) throws InterruptedException;
}
