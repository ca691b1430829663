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
 * second. What was started meanwhile still counts, which errs on the safe side; so before a submission is refused the
 * sum is read again, unless it is fresh. What a retry or a takeover queues again is never refused, and is seen with the
 * next sum.
 *
 * <p>A sum over very many small jobs takes a while, and submissions wait for it. So it takes up no more than a tenth of
 * the time, and is read less often when it is slow.
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

    Backlog(JdbcClient jdbc, QueueProperties properties) {
        this.jdbc = jdbc;
        this.bound = properties.maxQueuedCells();
    }

    long bound() {
        return bound;
    }

    /**
     * Reserves room for a job that is about to be stored; to be followed by {@link #stored} or {@link #notStored}.
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

    /** Under the lock, so that nothing is settled meanwhile: what commits beside it may count twice, but never not at all. */
    private void read(long asked) {
        if (failure != null && failedAt - asked > 0) {
            // Of many that ask while the database is away one waits for it; all in turn would wait for minutes.
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
