package io.projectbeacon.runner.job;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
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
 * <p>Jobs that are parked until their region takes calls again may take half of the bound, so that a region that is closed for
 * long leaves room for the jobs of others.
 *
 * <p>A sum over very many small jobs takes a while, and submissions wait for it. So summing takes up no more than a
 * tenth of the time: when it is slow, the sum is read less often.
 */
@Component
class Backlog {

    private static final String QUEUED = """
            SELECT lane, parked AND lane <@ ARRAY(SELECT region FROM closed_regions) AS is_parked, sum(cells) AS cells
            FROM jobs WHERE status = 'queued'
            GROUP BY lane, parked
            """;

    private static final Duration STALE = Duration.ofSeconds(1);
    private static final Duration FRESH = Duration.ofMillis(100);
    private static final long READS_AT_MOST_A_TENTH = 10;

    @SuppressWarnings("ArrayRecordComponent") // Read once.
    private record Lane(String[] regions, boolean parked, long cells) {}

    private final JdbcClient jdbc;
    private final long bound;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean read;
    private long readAt;
    private long readTook;
    private @Nullable DataAccessException failure;
    private long failedAt;
    private long queued;
    private final Map<String, Long> parked = new HashMap<>();
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
    boolean reserve(long cells, Collection<String> regions) {
        long asked = System.nanoTime();
        lock.lock();
        try {
            if (olderThan(STALE) || (isPast(cells, regions) && olderThan(FRESH))) {
                read(asked);
            }
            if (isPast(cells, regions)) {
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

    private boolean isPast(long cells, Collection<String> regions) {
        return queued + takenSince + beingStored + cells > bound
                || regions.stream()
                        .map(parked::get)
                        .anyMatch(inRegion ->
                                inRegion != null && inRegion + takenSince + beingStored + cells > bound / 2);
    }

    private boolean olderThan(Duration age) {
        return !read || System.nanoTime() - readAt > Math.max(age.toNanos(), READS_AT_MOST_A_TENTH * readTook);
    }

    private void sumUp() {
        Map<String, Long> parkedNow = new HashMap<>();
        long sum = 0;
        for (Lane lane : jdbc.sql(QUEUED)
                .query((row, n) -> new Lane(
                        (String[]) row.getArray("lane").getArray(), row.getBoolean("is_parked"), row.getLong("cells")))
                .list()) {
            sum += lane.cells();
            if (lane.parked()) {
                // How many of its cells are in which region is not known here: as many in each.
                Stream.of(lane.regions())
                        .forEach(region -> parkedNow.merge(region, lane.cells() / lane.regions().length, Long::sum));
            }
        }
        queued = sum;
        parked.clear();
        parked.putAll(parkedNow);
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
            sumUp();
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
