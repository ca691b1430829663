package io.projectbeacon.runner.worker;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A job's lock as its holder sees it: the token that proves it, and the lease, which says until when
 * the lock surely lasts.
 *
 * <p>The lease is counted by the monotonic clock from before the last renewal was sent. So it ends, if anything, before
 * the lock does in Redis, and a runner that was paused knows it as soon as it wakes.
 */
final class JobLock {

    private final long jobId;
    private final String token;
    private final long acquiredAt;
    private final ReentrantLock monitor = new ReentrantLock();
    private final Condition changed = monitor.newCondition();
    private long validUntil;
    private boolean lost;
    private volatile boolean unconfirmed;
    private volatile boolean givenBack;
    private Duration acquisition = Duration.ZERO;

    /**
     * @param acquiredAt {@link System#nanoTime()} before the lock was asked for
     * @param ttlNanos for how long it was asked for
     */
    JobLock(long jobId, String token, long acquiredAt, long ttlNanos) {
        this.jobId = jobId;
        this.token = token;
        this.acquiredAt = acquiredAt;
        this.validUntil = acquiredAt + ttlNanos;
    }

    long jobId() {
        return jobId;
    }

    String token() {
        return token;
    }

    long acquiredAt() {
        return acquiredAt;
    }

    /** How long it took to get the lock. */
    Duration acquisition() {
        return acquisition;
    }

    void acquired(Duration acquisition) {
        this.acquisition = acquisition;
    }

    /** @param sentAt {@link System#nanoTime()} before the question was sent whether the job is still its holder's */
    void renewed(long sentAt, long ttlNanos) {
        monitor.lock();
        try {
            validUntil = sentAt + ttlNanos;
            unconfirmed = false;
            changed.signalAll();
        } finally {
            monitor.unlock();
        }
    }

    /** The lock was missing, and is being set again: it proves nothing until the database says whose the job is. */
    void setAgain() {
        unconfirmed = true;
    }

    boolean isUnconfirmed() {
        return unconfirmed;
    }

    /** The run is over, and the lock is about to be given back. */
    void markGivenBack() {
        givenBack = true;
    }

    boolean isGivenBack() {
        return givenBack;
    }

    /** Ends the lease for good. */
    void lose() {
        monitor.lock();
        try {
            lost = true;
            changed.signalAll();
        } finally {
            monitor.unlock();
        }
    }

    boolean hasLease() {
        monitor.lock();
        try {
            return !lost && validUntil - System.nanoTime() > 0;
        } finally {
            monitor.unlock();
        }
    }

    /** Waits until the lease is valid; false when the job is lost for good. */
    boolean awaitLease() throws InterruptedException {
        monitor.lockInterruptibly();
        try {
            // A renewal may be late because Redis is away, and may still come: the wait ends with it or with the run.
            while (!lost && validUntil - System.nanoTime() <= 0) {
                changed.await(1, TimeUnit.SECONDS);
            }
            return !lost;
        } finally {
            monitor.unlock();
        }
    }
}
