package io.projectbeacon.runner.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.domain.PriorityBand;
import java.util.function.ToDoubleFunction;
import org.springframework.stereotype.Component;

/**
 * Every gauge of the service: its name and its tags. Each is read from its source at each scrape. The registry has only
 * a weak reference to the source, so the source's owner must keep it.
 *
 * <p>A gauge that comes from the database is the same at every replica, and {@code NaN} while the database cannot be
 * asked.
 */
@Component
public final class BeaconGauges {

    private final MeterRegistry registry;

    BeaconGauges(MeterRegistry registry) {
        this.registry = registry;
    }

    public <T> void jobsByStatus(JobStatus status, T source, ToDoubleFunction<T> count) {
        Gauge.builder("beacon.jobs.by.status", source, count)
                .description("Jobs in the database, by status")
                .tag("status", status.wireName())
                .register(registry);
    }

    public <T> void executionsInFlight(String region, T source, ToDoubleFunction<T> count) {
        Gauge.builder("beacon.executions.in.flight", source, count)
                .description("Cells between their claim and their end, on this replica")
                .tag("region", region)
                .register(registry);
    }

    public <T> void callsInFlight(String region, T source, ToDoubleFunction<T> calls) {
        Gauge.builder("beacon.calls.in.flight", source, calls)
                .description("Calls that are with a region's provider now, on this replica; a cell that waits has none")
                .tag("region", region)
                .register(registry);
    }

    public <T> void ledgerDuplicates(
            DuplicateOutcome outcome, DuplicateLayer layer, T source, ToDoubleFunction<T> occurrences) {
        Gauge.builder("beacon.ledger.duplicates", source, occurrences)
                .description(
                        "Duplicates that the ledger has, by outcome and layer; fewer once retention deletes their jobs")
                .tag("outcome", outcome.wireName())
                .tag("layer", layer.wireName())
                .register(registry);
    }

    public <T> void regionBreakerOpen(String region, T source, ToDoubleFunction<T> open) {
        Gauge.builder("beacon.region.breaker.open", source, open)
                .description("1 from the moment a region's circuit breaker opens until its trial calls have succeeded,"
                        + " 0 otherwise; on this replica")
                .tag("region", region)
                .register(registry);
    }

    public <T> void regionPaused(String region, T source, ToDoubleFunction<T> paused) {
        Gauge.builder("beacon.region.paused", source, paused)
                .description("1 while an operator has paused the region, for all replicas, 0 otherwise")
                .tag("region", region)
                .register(registry);
    }

    public <T> void retentionOverdue(T source, ToDoubleFunction<T> seconds) {
        Gauge.builder("beacon.retention.overdue", source, seconds)
                .description(
                        "For how long the oldest finished job should have been deleted already; 0 when none is due")
                .baseUnit("seconds")
                .register(registry);
    }

    public <T> void jobsQueuedCells(T source, ToDoubleFunction<T> cells) {
        Gauge.builder("beacon.jobs.queued.cells", source, cells)
                .description("Cells of the jobs that wait in the database")
                .register(registry);
    }

    public <T> void uniqueKeyMissing(T source, ToDoubleFunction<T> missing) {
        Gauge.builder("beacon.executions.unique.key.missing", source, missing)
                .description("1 when nothing in the database keeps a cell from having two rows, 0 otherwise")
                .register(registry);
    }

    public <T> void executionsWithoutJob(T source, ToDoubleFunction<T> executions) {
        Gauge.builder("beacon.executions.without.job", source, executions)
                .description(
                        "Rows of executions whose job has no row, as the last walk over them or the present one found")
                .register(registry);
    }

    public <T> void ledgerDrift(T source, ToDoubleFunction<T> cells) {
        Gauge.builder("beacon.ledger.drift", source, cells)
                .description(
                        "Cells with surplus rows that could not be entered into the ledger of duplicates, and ledger"
                                + " entries of late answers whose cell never had a second attempt")
                .register(registry);
    }

    public <T> void jobsParked(String region, T source, ToDoubleFunction<T> jobs) {
        Gauge.builder("beacon.jobs.parked", source, jobs)
                .description("Jobs that are put aside until the region takes calls again")
                .tag("region", region)
                .register(registry);
    }

    public <T> void cellsWaiting(String region, T source, ToDoubleFunction<T> cells) {
        Gauge.builder("beacon.cells.waiting", source, cells)
                .description("Cells that this replica holds and has not begun")
                .tag("region", region)
                .register(registry);
    }

    /** What {@link #cellsWaiting(String, Object, ToDoubleFunction)} shows of the region; {@code NaN} when it shows nothing. */
    public double cellsWaiting(String region) {
        return value("beacon.cells.waiting", region);
    }

    /** What {@link #jobsParked(String, Object, ToDoubleFunction)} shows of the region; {@code NaN} when it shows nothing. */
    public double jobsParked(String region) {
        return value("beacon.jobs.parked", region);
    }

    private double value(String name, String region) {
        Gauge gauge = registry.find(name).tag("region", region).gauge();
        return gauge == null ? Double.NaN : gauge.value();
    }

    /** @param part of the memory: bodies as they come, or what they become */
    public <T> void requestMemory(String part, T source, ToDoubleFunction<T> bytes) {
        Gauge.builder("beacon.request.memory", source, bytes)
                .description(
                        "Heap that is reserved for the requests under way; past beacon_request_memory_limit_bytes, 503")
                .baseUnit("bytes")
                .tag("part", part)
                .register(registry);
    }

    /** @param bound of {@link #requestMemory}, a number that does not change */
    public void requestMemoryLimit(String part, long bound) {
        Gauge.builder("beacon.request.memory.limit", () -> bound)
                .description("How much heap the requests under way may reserve")
                .baseUnit("bytes")
                .tag("part", part)
                .register(registry);
    }

    public <T> void oldestQueuedJob(T source, ToDoubleFunction<T> seconds) {
        Gauge.builder("beacon.jobs.oldest.queued", source, seconds)
                .description("For how long the job that has waited longest has been in the queue; 0 when none waits")
                .baseUnit("seconds")
                .register(registry);
    }

    public <T> void oldestQueuedJob(PriorityBand priority, T source, ToDoubleFunction<T> seconds) {
        Gauge.builder("beacon.jobs.oldest.queued.by.priority", source, seconds)
                .description(
                        "For how long the job that has waited longest has been in the queue, by the jobs' priority:"
                                + " above, at or below 0; 0 when none waits")
                .baseUnit("seconds")
                .tag("priority", priority.wireName())
                .register(registry);
    }

    public <T> void databaseUp(T source, ToDoubleFunction<T> up) {
        Gauge.builder("beacon.database.up", source, up)
                .description("1 when PostgreSQL answered this replica a moment ago, 0 otherwise")
                .register(registry);
    }

    public <T> void redisUp(T source, ToDoubleFunction<T> up) {
        Gauge.builder("beacon.redis.up", source, up)
                .description("1 when Redis let this replica set a lock a moment ago, 0 otherwise")
                .register(registry);
    }

    public <T> void lockKeysBroken(T source, ToDoubleFunction<T> keys) {
        Gauge.builder("beacon.lock.keys.broken", source, keys)
                .description("Keys of job locks that are of another type or never expire, as this replica met them; the"
                        + " job of each does not start until a person deletes its key")
                .register(registry);
    }

    /** @param bound cells at once, a number that does not change */
    public void regionLimit(String region, int bound) {
        Gauge.builder("beacon.region.limit", () -> bound)
                .description("How many cells of a region may be in flight at once on this replica")
                .tag("region", region)
                .register(registry);
    }

    /** @param bound cells at once, a number that does not change */
    public void regionTotalLimit(String region, int bound) {
        Gauge.builder("beacon.region.total.limit", () -> bound)
                .description("How many cells of a region may be in flight at once on all replicas together")
                .tag("region", region)
                .register(registry);
    }
}
