package io.projectbeacon.runner.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.projectbeacon.runner.domain.ExecutionStatus;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The meters with a model's label. When a label is freed its series go, as those of a job do: sums fall by their counts
 * then, and a rate over all series stays true.
 */
final class ModelMeters {

    private static final String EXECUTIONS = "beacon.executions";
    private static final String FLAGGED = "beacon.executions.flagged";
    private static final String UNKNOWN = "beacon.executions.unknown";
    private static final String DURATION = "beacon.execution.duration";
    private static final String MODEL = "model_id";

    private final MeterRegistry registry;
    private final Duration[] buckets;
    private final BoundedLabels models;
    /* The meters that each cell uses: a look-up here costs less than a builder's look-up by tags. */
    private final Map<Series, Counter> executions = new ConcurrentHashMap<>();
    private final Map<Series, Timer> durations = new ConcurrentHashMap<>();

    private record Series(String region, String modelLabel, String status) {}

    ModelMeters(MeterRegistry registry, MetricsProperties properties, Duration[] buckets) {
        this.registry = registry;
        this.buckets = buckets;
        this.models = new BoundedLabels(
                properties.maxModels(),
                properties.models(),
                properties.modelRetention().toNanos(),
                System::nanoTime,
                this::drop);
    }

    /** Puts a region's series on the scrape before its first execution, under the overflow label. */
    void register(String region, List<String> reasons) {
        for (ExecutionStatus status : ExecutionStatus.values()) {
            if (status != ExecutionStatus.RUNNING) {
                executions(region, JobSeries.OTHER, status);
            }
        }
        reasons.forEach(reason -> flagged(region, JobSeries.OTHER, reason));
        unknown(region, JobSeries.OTHER);
        duration(region, JobSeries.OTHER);
    }

    void finished(String region, String modelId, ExecutionStatus status) {
        models.use(modelId, label -> executions(region, label, status).increment());
    }

    void flag(String region, String modelId, String reason) {
        models.use(modelId, label -> flagged(region, label, reason).increment());
    }

    void endedUnknown(String region, String modelId) {
        models.use(modelId, label -> unknown(region, label).increment());
    }

    void took(String region, String modelId, Duration duration) {
        models.use(modelId, label -> duration(region, label).record(duration));
    }

    private void drop(String label) {
        executions.keySet().removeIf(series -> series.modelLabel().equals(label));
        durations.keySet().removeIf(series -> series.modelLabel().equals(label));
        List.of(EXECUTIONS, FLAGGED, UNKNOWN, DURATION).forEach(name -> {
            List<Meter> series =
                    List.copyOf(registry.find(name).tag(MODEL, label).meters());
            series.forEach(registry::remove);
        });
    }

    private Counter executions(String region, String modelLabel, ExecutionStatus status) {
        return executions.computeIfAbsent(
                new Series(region, modelLabel, status.wireName()),
                series -> Counter.builder(EXECUTIONS)
                        .description("Finished executions")
                        .tag("region", region)
                        .tag(MODEL, modelLabel)
                        .tag("status", status.wireName())
                        .register(registry));
    }

    private Counter flagged(String region, String modelLabel, String reason) {
        return Counter.builder(FLAGGED)
                .description("Completed executions whose answer is cut, filtered, refused, empty or oddly ended")
                .tag("region", region)
                .tag(MODEL, modelLabel)
                .tag("reason", reason)
                .register(registry);
    }

    private Counter unknown(String region, String modelLabel) {
        return Counter.builder(UNKNOWN)
                .description("Attempts that ended unknown, whatever was done about their cells")
                .tag("region", region)
                .tag(MODEL, modelLabel)
                .register(registry);
    }

    private Timer duration(String region, String modelLabel) {
        return durations.computeIfAbsent(
                new Series(region, modelLabel, ""),
                series -> Timer.builder(DURATION)
                        .description("Inference only, one call")
                        .tag("region", region)
                        .tag(MODEL, modelLabel)
                        .serviceLevelObjectives(buckets)
                        .register(registry));
    }
}
