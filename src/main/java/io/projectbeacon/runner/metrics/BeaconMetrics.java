package io.projectbeacon.runner.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.projectbeacon.runner.domain.AnswerFlag;
import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.domain.Tokens;
import io.projectbeacon.runner.domain.UnknownCause;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;

/**
 * Every counter and histogram of the service: its name, its tags and its buckets. Gauges are in {@link BeaconGauges}.
 *
 * <p>Meters that alerts are built on are registered here at once, at 0, so that they are on the first scrape. Durations
 * are in seconds on the wire, and their buckets reach 600 s, since a call may take minutes.
 */
@Component
public final class BeaconMetrics {

    private static final Duration[] CALL_BUCKETS =
            seconds(0.05, 0.1, 0.25, 0.5, 1, 2, 3, 4, 6, 8, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 450, 600);
    private static final Duration[] CHECK_BUCKETS =
            seconds(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 3, 10, 60, 600);
    private static final Duration[] WAIT_BUCKETS =
            seconds(0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600);

    private final MeterRegistry registry;
    private final MetricsProperties properties;
    private final JobSeries detected;
    private final JobSeries allowed;
    private final ModelMeters models;
    private final RegionMeters regions;
    private final Map<JobStatus, Counter> jobs = new EnumMap<>(JobStatus.class);
    private final Timer claim;
    private final Counter claimsFailed;
    private final Counter jobsDeleted;
    private final Timer queueWait;
    private final Timer lockWait;
    private final Timer lockHold;
    private final Timer lockRelease;

    BeaconMetrics(MeterRegistry registry, MetricsProperties properties) {
        this.registry = registry;
        this.properties = properties;
        this.models = new ModelMeters(registry, properties, CALL_BUCKETS);
        this.regions = new RegionMeters(registry, properties);
        this.detected = new JobSeries(
                registry,
                "beacon.execution.duplicates.detected",
                "Duplicate execution attempts that were detected and prevented",
                properties.maxJobSeries());
        this.allowed = new JobSeries(
                registry,
                "beacon.execution.duplicates.allowed",
                "Duplicate executions that were not caught",
                properties.maxJobSeries());
        for (DuplicateOutcome outcome : DuplicateOutcome.values()) {
            for (DuplicateLayer layer : DuplicateLayer.values()) {
                duplicateCounter(outcome, layer);
            }
        }
        for (JobStatus status : JobStatus.values()) {
            if (status.isFinal()) {
                jobs.put(status, jobs(status));
            }
        }
        this.claim = timer("beacon.execution.claim", "What the existence check costs an execution", CHECK_BUCKETS);
        this.claimsFailed = Counter.builder("beacon.execution.claims.failed")
                .description("Existence checks that could not be made; their cells were not let through")
                .register(registry);
        this.jobsDeleted = Counter.builder("beacon.jobs.deleted")
                .description("Finished jobs that retention has deleted")
                .register(registry);
        this.queueWait = timer("beacon.job.queue.wait", "From queued to started", WAIT_BUCKETS);
        this.lockWait = timer("beacon.job.lock.wait", "What taking a job's lock took", CHECK_BUCKETS);
        this.lockHold = timer("beacon.job.lock.hold", "How long a job's lock was held", CALL_BUCKETS);
        this.lockRelease = timer("beacon.job.lock.release", "What giving a job's lock back took", CHECK_BUCKETS);
    }

    /** Counts duplicates; called after their ledger row is committed, so that the ledger and the counters agree. */
    public void duplicates(
            DuplicateOutcome outcome,
            DuplicateLayer layer,
            String jobspecId,
            String region,
            String modelId,
            long occurrences) {
        duplicateCounter(outcome, layer).increment(occurrences);
        JobSeries perJob = switch (outcome) {
            case DETECTED -> detected;
            case ALLOWED -> allowed;
        };
        perJob.count(jobspecId, region, modelId, occurrences);
    }

    /** The jobs that have series of their own now, by the client's id. */
    public Set<String> jobsWithSeries() {
        Set<String> jobs = new HashSet<>(detected.jobs());
        jobs.addAll(allowed.jobs());
        return jobs;
    }

    /** How long the series of a finished job are kept. */
    public Duration jobSeriesRetention() {
        return properties.jobSeriesRetention();
    }

    public void dropJobSeries(String jobspecId) {
        detected.drop(jobspecId);
        allowed.drop(jobspecId);
    }

    /** Puts a region's meters on the scrape before its first execution, under the overflow label for models. */
    public void registerRegion(String region) {
        models.register(
                region,
                Stream.of(AnswerFlag.values())
                        .filter(AnswerFlag::marks)
                        .map(AnswerFlag::wireName)
                        .toList());
        regions.register(region);
    }

    /** Puts what a region and a model count on the scrape, at 0, before their first cell ends. */
    public void executionClaimed(String region, String modelId) {
        models.claimed(region, modelId);
    }

    public void executionFinished(String region, String modelId, ExecutionStatus status) {
        models.finished(region, modelId, status);
    }

    /** Counts a cell whose job has ended and whose row could not be written, so that it has no end. */
    public void executionNotEnded(String region) {
        regions.notEnded(region).increment();
    }

    /**
     * Counts a completed execution for a mark of its answers.
     *
     * @param reason an {@link AnswerFlag}'s name
     */
    public void executionFlagged(String region, String modelId, String reason) {
        models.flag(region, modelId, reason);
    }

    public void executionUnknown(String region, String modelId, UnknownCause cause) {
        models.endedUnknown(region, modelId, cause);
    }

    /** Counts the tokens of answers that are durable now, so that the sum is that of the rows that were written. */
    public void tokens(String region, String modelId, Tokens tokens) {
        if (!tokens.equals(Tokens.NONE)) {
            models.tokens(region, modelId, tokens);
        }
    }

    /**
     * Counts an attempt that got no answer, or not all of its answers.
     *
     * @param code as in the cell's failure, such as {@code http_503}
     */
    public void attemptFailed(String region, String code) {
        regions.attemptFailed(region, code);
    }

    /** Notes how long a call took that was sent, whatever came of it. */
    public void inferenceTook(String region, String modelId, Duration duration) {
        models.took(region, modelId, duration);
    }

    public void claimTook(Duration duration) {
        claim.record(duration);
    }

    public void claimFailed() {
        claimsFailed.increment();
    }

    public void jobWaitedInQueue(Duration duration) {
        queueWait.record(duration);
    }

    public void lockAcquired(Duration duration) {
        lockWait.record(duration);
    }

    public void lockReleased(Duration held, Duration release) {
        lockHold.record(held);
        lockRelease.record(release);
    }

    /** Counts a job that reached a final status, after its commit. */
    public void jobFinished(JobStatus status) {
        Objects.requireNonNull(jobs.get(status), "a job is counted when it has ended")
                .increment();
    }

    /**
     * Puts a region's refusals on the scrape before the first one.
     *
     * @param reason why the provider refuses calls
     * @param source is read at each scrape; the registry does not keep it alive
     * @param seconds the time so far in which the region took nothing for that reason
     */
    public <T> void registerThrottling(String region, String reason, T source, ToDoubleFunction<T> seconds) {
        regions.registerThrottling(region, reason, source, seconds);
    }

    public void regionThrottled(String region) {
        regions.throttled(region).increment();
    }

    /** Notes what a cell waited because its region's provider had refused calls. */
    public void waitedForPace(String region, Duration wait) {
        regions.waitedForPace(region, wait);
    }

    public void jobsDeleted(int number) {
        jobsDeleted.increment(number);
    }

    private Counter duplicateCounter(DuplicateOutcome outcome, DuplicateLayer layer) {
        return Counter.builder("beacon.duplicates")
                .description("Duplicates by outcome and by the layer that met them")
                .tag("outcome", outcome.wireName())
                .tag("layer", layer.wireName())
                .register(registry);
    }

    private Counter jobs(JobStatus status) {
        return Counter.builder("beacon.jobs")
                .description("Jobs that reached a final status")
                .tag("status", status.wireName())
                .register(registry);
    }

    private Timer timer(String name, String description, Duration[] buckets) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(buckets)
                .register(registry);
    }

    private static Duration[] seconds(double... values) {
        Duration[] durations = new Duration[values.length];
        for (int i = 0; i < values.length; i++) {
            durations[i] = Duration.ofNanos(Math.round(values[i] * 1_000_000_000L));
        }
        return durations;
    }
}
