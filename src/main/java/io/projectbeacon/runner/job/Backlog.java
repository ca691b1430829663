package io.projectbeacon.runner.job;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * The bound on what waits in the queue.
 *
 * <p>The queue is summed up at most once a second, and what this replica has taken in since is added to that. So what
 * one replica takes in never goes past the bound, and several together go past it by no more than they take in within a
 * second. Jobs that were started meanwhile still count, which errs on the safe side; so the sum is read again before a
 * submission is refused, unless it is fresh. A job that a retry or a takeover queues again is never refused, and counts
 * from the next sum on.
 *
 * <p>A sum over very many small jobs takes a while, and submissions wait for it. So summing takes up no more than a
 * tenth of the time: when it is slow, the sum is read less often.
 */
@Component
class Backlog {

    private static final String QUEUED = "SELECT coalesce(sum(cells), 0) FROM jobs WHERE status = 'queued'";

    private static final Duration STALE = Duration.ofSeconds(1);
    private static final Duration FRESH = Duration.ofMillis(100);
    private static final long READS_AT_MOST_A_TENTH = 10;

    private final JdbcClient jdbc;
    private final long bound;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean read;
    private long readAt;
    private long readTook;
    private @Nullable DataAccessException failure;
    private long failedAt;
    private long queued;
    private long takenSince;
    private long beingStored;

    Backlog(JdbcClient jdbc, JobsProperties properties) {
        this.jdbc = jdbc;
        this.bound = properties.maxQueuedCells();
    }

    long bound() {
        return bound;
    }

    /**
     * Reserves capacity for a job that is about to be stored; to be followed by {@link #stored} or {@link #notStored}.
     *
     * @throws DataAccessException when the queue cannot be summed up; nothing is reserved then
     */
    boolean reserve(long cells) {
        long asked = System.nanoTime();
        lock.lock();
        try {
            if (olderThan(STALE) || (isPast(cells) && olderThan(FRESH))) {
                read(asked);
            }
            if (isPast(cells)) {
                return false;
            }
            beingStored += cells;
            return true;
        } finally {
            lock.unlock();
        }
    }

    void stored(long cells) {
        settle(cells, cells);
    }

    void notStored(long cells) {
        settle(cells, 0);
    }

    private void settle(long reserved, long taken) {
        lock.lock();
        try {
            beingStored -= reserved;
            takenSince += taken;
        } finally {
            lock.unlock();
        }
    }

    private boolean isPast(long cells) {
        return queued + takenSince + beingStored + cells > bound;
    }

    private boolean olderThan(Duration age) {
        return !read || System.nanoTime() - readAt > Math.max(age.toNanos(), READS_AT_MOST_A_TENTH * readTook);
    }

    /** Called under the lock: a job that commits beside it may count twice, but is never missed. */
    private void read(long asked) {
        if (failure != null && failedAt - asked > 0) {
            // Of many requests that come while the database is away, one waits for it; one after the other, they would
            // wait for minutes.
            throw failure;
        }
        long begin = System.nanoTime();
        try {
            queued = jdbc.sql(QUEUED).query(Long.class).single();
        } catch (DataAccessException away) {
            failure = away;
            failedAt = System.nanoTime();
            throw away;
        }
        takenSince = 0;
        readAt = System.nanoTime();
        readTook = readAt - begin;
        read = true;
    }
}
