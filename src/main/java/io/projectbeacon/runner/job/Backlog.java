package io.projectbeacon.runner.job;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * The bounds on what waits in the queue: its cells, and the bytes of its texts.
 *
 * <p>The queue is summed up at most once a second, and what this replica has taken in since is added to that. So what
 * one replica takes in never goes past a bound, and several together go past it by no more than they take in within a
 * second. Jobs that were started meanwhile still count, which errs on the safe side; so the sum is read again before a
 * submission is refused, unless it is fresh. A job that a retry or a takeover queues again is never refused, and counts
 * from the next sum on.
 *
 * <p>Jobs that are parked until their region takes calls again may take half of each bound, so that a region that is closed for
 * long leaves room for the jobs of others.
 *
 * <p>A sum over very many small jobs takes a while, and submissions wait for it. So summing takes up no more than a
 * tenth of the time: when it is slow, the sum is read less often.
 */
@Component
class Backlog {

    private static final String QUEUED = """
            SELECT lane, parked AND lane <@ ARRAY(SELECT region FROM closed_regions) AS is_parked, sum(cells) AS cells,
              coalesce(sum(text_bytes), 0) AS bytes
            FROM jobs WHERE status = 'queued'
            GROUP BY lane, parked
            """;

    private static final Duration STALE = Duration.ofSeconds(1);
    private static final Duration FRESH = Duration.ofMillis(100);
    private static final long READS_AT_MOST_A_TENTH = 10;

    @SuppressWarnings("ArrayRecordComponent") // Read once.
    private record Lane(String[] regions, boolean parked, Load load) {}

    private final JdbcClient jdbc;
    private final Load bound;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean read;
    private long readAt;
    private long readTook;
    private @Nullable DataAccessException failure;
    private long failedAt;
    private Load queued = Load.NONE;
    private final Map<String, Load> parked = new HashMap<>();
    private Load takenSince = Load.NONE;
    private Load beingStored = Load.NONE;

    Backlog(JdbcClient jdbc, JobsProperties properties) {
        this.jdbc = jdbc;
        this.bound = new Load(
                properties.maxQueuedCells(), properties.maxQueuedBytes().toBytes());
    }

    /**
     * Reserves capacity for a job that is about to be stored; to be followed by {@link #stored} or {@link #notStored}.
     *
     * @return the bound that the job would go past; empty when there is capacity, which is reserved then
     * @throws DataAccessException when the queue cannot be summed up; nothing is reserved then
     */
    Optional<QueueBound> reserve(Load job, Collection<String> regions) {
        long asked = System.nanoTime();
        lock.lock();
        try {
            if (olderThan(STALE) || (past(job, regions).isPresent() && olderThan(FRESH))) {
                read(asked);
            }
            Optional<QueueBound> past = past(job, regions);
            if (past.isEmpty()) {
                beingStored = beingStored.plus(job);
            }
            return past;
        } finally {
            lock.unlock();
        }
    }

    void stored(Load job) {
        settle(job, job);
    }

    void notStored(Load job) {
        settle(job, Load.NONE);
    }

    private void settle(Load reserved, Load taken) {
        lock.lock();
        try {
            beingStored = beingStored.minus(reserved);
            takenSince = takenSince.plus(taken);
        } finally {
            lock.unlock();
        }
    }

    private Optional<QueueBound> past(Load job, Collection<String> regions) {
        Load more = takenSince.plus(beingStored).plus(job);
        return Stream.concat(
                        past(queued.plus(more), bound, job),
                        regions.stream()
                                .map(parked::get)
                                .filter(Objects::nonNull)
                                .flatMap(inRegion -> past(inRegion.plus(more), bound.dividedBy(2), job)))
                .findFirst();
    }

    /** The bounds that this load is past, if any, as they are set. */
    private Stream<QueueBound> past(Load load, Load most, Load job) {
        return Stream.of(
                        load.cells() > most.cells()
                                ? new QueueBound(bound.cells(), "cells", "beacon.jobs.max-queued-cells", job.cells())
                                : null,
                        load.bytes() > most.bytes()
                                ? new QueueBound(bound.bytes(), "bytes", "beacon.jobs.max-queued-bytes", job.bytes())
                                : null)
                .filter(Objects::nonNull);
    }

    private boolean olderThan(Duration age) {
        return !read || System.nanoTime() - readAt > Math.max(age.toNanos(), READS_AT_MOST_A_TENTH * readTook);
    }

    private void sumUp() {
        Map<String, Load> parkedNow = new HashMap<>();
        Load sum = Load.NONE;
        for (Lane lane : jdbc.sql(QUEUED)
                .query((row, n) -> new Lane(
                        (String[]) row.getArray("lane").getArray(),
                        row.getBoolean("is_parked"),
                        new Load(row.getLong("cells"), row.getLong("bytes"))))
                .list()) {
            sum = sum.plus(lane.load());
            if (lane.parked()) {
                // How much of it is in which region is not known here: as much in each.
                Stream.of(lane.regions())
                        .forEach(region ->
                                parkedNow.merge(region, lane.load().dividedBy(lane.regions().length), Load::plus));
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
        takenSince = Load.NONE;
        readAt = System.nanoTime();
        readTook = readAt - begin;
        read = true;
    }
}
