package io.projectbeacon.runner.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The counters with a region's label and no model's. None of them is in the way of a cell that goes well. */
final class RegionMeters {

    /** The service has about a dozen codes of its own, and the provider of each region may add others. */
    private static final int MOST_FAILURE_CODES = 50;

    private static final String ATTEMPTS_FAILED = "beacon.attempts.failed";

    private final MeterRegistry registry;
    private final BoundedLabels failureCodes;

    RegionMeters(MeterRegistry registry, MetricsProperties properties) {
        this.registry = registry;
        this.failureCodes = new BoundedLabels(
                MOST_FAILURE_CODES,
                List.of(),
                properties.modelRetention().toNanos(),
                System::nanoTime,
                this::dropFailureCode);
    }

    /** Puts a region's series on the scrape before the first event. */
    void register(String region) {
        notEnded(region);
        paceWait(region);
        attemptsFailed(region, JobSeries.OTHER);
    }

    Counter notEnded(String region) {
        return Counter.builder("beacon.executions.not.ended")
                .description("Executions of ended jobs that have no end, because the database refused to write it")
                .tag("region", region)
                .register(registry);
    }

    void waitedForPace(String region, Duration wait) {
        paceWait(region).record(wait);
    }

    private Timer paceWait(String region) {
        return Timer.builder("beacon.region.pace.wait")
                .description("What cells waited because their region's provider refused calls")
                .tag("region", region)
                .register(registry);
    }

    void attemptFailed(String region, String code) {
        failureCodes.use(code, label -> attemptsFailed(region, label).increment());
    }

    private void dropFailureCode(String label) {
        List<Meter> series =
                List.copyOf(registry.find(ATTEMPTS_FAILED).tag("code", label).meters());
        series.forEach(registry::remove);
    }

    private Counter attemptsFailed(String region, String codeLabel) {
        return Counter.builder(ATTEMPTS_FAILED)
                .description("Attempts that ended failed or unknown, by the code of their failure")
                .tag("region", region)
                .tag("code", codeLabel)
                .register(registry);
    }

    <T> void registerThrottling(String region, String reason, T source, ToDoubleFunction<T> seconds) {
        throttled(region);
        FunctionCounter.builder("beacon.region.throttled.seconds", source, seconds)
                .description("Time in which no call was sent to a region, because its provider refused calls")
                .tag("region", region)
                .tag("reason", reason)
                .register(registry);
    }

    Counter throttled(String region) {
        return Counter.builder("beacon.region.throttled")
                .description("Calls that a region refused with 429 or 402")
                .tag("region", region)
                .register(registry);
    }
}
