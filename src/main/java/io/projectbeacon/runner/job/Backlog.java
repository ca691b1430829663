package io.projectbeacon.runner.job;

import io.projectbeacon.runner.domain.CallerLimits;
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
 * The bounds on what waits in the queue: its cells, and the bytes of its texts; and, where it is configured, the cells of one
 * caller.
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
            SELECT lane, caller, parked AND lane <@ ARRAY(%s) AS is_parked, sum(cells) AS cells,
              coalesce(sum(text_bytes), 0) AS bytes
            FROM jobs WHERE status = 'queued'
            GROUP BY lane, parked, caller
            """.formatted(ClosedRegions.AND_PAUSED);

    private static final Duration STALE = Duration.ofSeconds(1);
    private static final Duration FRESH = Duration.ofMillis(100);
    private static final long READS_AT_MOST_A_TENTH = 10;

    @SuppressWarnings("ArrayRecordComponent") // Read once.
    private record Lane(String[] regions, String caller, boolean parked, Load load) {}

    /** What has come since the queue was summed up. */
    private static final class Since {

        private Load taken = Load.NONE;
        private Load beingStored = Load.NONE;

        Load all() {
            return taken.plus(beingStored);
        }

        void settle(Load reserved, Load nowTaken) {
            beingStored = beingStored.minus(reserved);
            taken = taken.plus(nowTaken);
        }
    }

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
    private final Map<String, Long> queuedCellsOf = new HashMap<>();
    private final Since since = new Since();

    /** Of each caller that has something. */
    private final Map<String, Since> sinceOf = new HashMap<>();

    private final CallerLimits callers;

    Backlog(JdbcClient jdbc, JobsProperties properties, CallerLimits callers) {
        this.jdbc = jdbc;
        this.callers = callers;
        this.bound = new Load(
                properties.maxQueuedCells(), properties.maxQueuedBytes().toBytes());
    }

    /**
     * Reserves capacity for a job that is about to be stored; to be followed by {@link #stored} or {@link #notStored}.
     *
     * @return the bound that the job would go past; empty when there is capacity, which is reserved then
     * @throws DataAccessException when the queue cannot be summed up; nothing is reserved then
     */
    Optional<QueueBound> reserve(String caller, Load job, Collection<String> regions) {
        long asked = System.nanoTime();
        lock.lock();
        try {
            if (olderThan(STALE) || (past(caller, job, regions).isPresent() && olderThan(FRESH))) {
                read(asked);
            }
            Optional<QueueBound> past = past(caller, job, regions);
            if (past.isEmpty()) {
                since.beingStored = since.beingStored.plus(job);
                Since ofCaller = sinceOf.computeIfAbsent(caller, name -> new Since());
                ofCaller.beingStored = ofCaller.beingStored.plus(job);
            }
            return past;
        } finally {
            lock.unlock();
        }
    }

    void stored(String caller, Load job) {
        settle(caller, job, job);
    }

    void notStored(String caller, Load job) {
        settle(caller, job, Load.NONE);
    }

    private void settle(String caller, Load reserved, Load taken) {
        lock.lock();
        try {
            since.settle(reserved, taken);
            Objects.requireNonNull(sinceOf.get(caller)).settle(reserved, taken);
        } finally {
            lock.unlock();
        }
    }

    private Optional<QueueBound> past(String caller, Load job, Collection<String> regions) {
        Load more = since.all().plus(job);
        return Stream.of(
                        past(queued.plus(more), bound, job),
                        regions.stream()
                                .map(parked::get)
                                .filter(Objects::nonNull)
                                .flatMap(inRegion -> past(inRegion.plus(more), bound.dividedBy(2), job)),
                        pastOwn(caller, job))
                .flatMap(past -> past)
                .findFirst();
    }

    /** The caller's own bound, if the job is past it. */
    private Stream<QueueBound> pastOwn(String caller, Load job) {
        CallerLimits.Bound own = callers.maxQueuedCells(caller);
        if (own == null) {
            return Stream.empty();
        }
        Since come = sinceOf.get(caller);
        long more = come == null ? 0 : come.all().cells();
        return queuedCellsOf.getOrDefault(caller, 0L) + more + job.cells() > own.cells()
                ? Stream.of(new QueueBound(own.cells(), "cells of a caller", own.property(), job.cells()))
                : Stream.empty();
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
        Map<String, Long> cellsNow = new HashMap<>();
        Load sum = Load.NONE;
        for (Lane lane : jdbc.sql(QUEUED)
                .query((row, n) -> new Lane(
                        (String[]) row.getArray("lane").getArray(),
                        row.getString("caller"),
                        row.getBoolean("is_parked"),
                        new Load(row.getLong("cells"), row.getLong("bytes"))))
                .list()) {
            sum = sum.plus(lane.load());
            cellsNow.merge(lane.caller(), lane.load().cells(), Long::sum);
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
        queuedCellsOf.clear();
        queuedCellsOf.putAll(cellsNow);
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
        since.taken = Load.NONE;
        sinceOf.values().forEach(ofCaller -> ofCaller.taken = Load.NONE);
        sinceOf.values().removeIf(ofCaller -> ofCaller.beingStored.equals(Load.NONE));
        readAt = System.nanoTime();
        readTook = readAt - begin;
        read = true;
    }
}
