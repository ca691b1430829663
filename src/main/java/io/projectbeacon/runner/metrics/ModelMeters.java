package io.projectbeacon.runner.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.Tokens;
import io.projectbeacon.runner.domain.UnknownCause;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The meters with a model's label. All that a region and a model have are registered at 0 when a cell of theirs is first
 * claimed, so that the first failure is an increase and not a new series. When a label is freed its series go, as those of a
 * job do: sums fall by their counts then, and a rate over all series stays true.
 */
final class ModelMeters {

    private static final String EXECUTIONS = "beacon.executions";
    private static final String FLAGGED = "beacon.executions.flagged";
    private static final String UNKNOWN = "beacon.executions.unknown";
    private static final String DURATION = "beacon.execution.duration";
    private static final String TOKENS = "beacon.tokens";
    private static final String MODEL = "model_id";

    private final MeterRegistry registry;
    private final Duration[] buckets;
    private final BoundedLabels models;
    /* The meters that each cell uses: a look-up here costs less than a builder's look-up by tags. */
    private final Map<Pair, PairMeters> pairs = new ConcurrentHashMap<>();

    private record Pair(String region, String modelLabel) {}

    private record PairMeters(
            Map<ExecutionStatus, Counter> executions,
            Map<UnknownCause, Counter> unknown,
            Map<Tokens.Kind, Counter> tokens,
            Timer duration) {

        void count(Tokens taken) {
            tokens.forEach((kind, counter) -> counter.increment(taken.of(kind)));
        }
    }

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
        pair(region, JobSeries.OTHER);
        reasons.forEach(reason -> flagged(region, JobSeries.OTHER, reason));
    }

    void claimed(String region, String modelId) {
        models.use(modelId, label -> pair(region, label));
    }

    void finished(String region, String modelId, ExecutionStatus status) {
        models.use(
                modelId, label -> of(pair(region, label).executions(), status).increment());
    }

    void flag(String region, String modelId, String reason) {
        models.use(modelId, label -> flagged(region, label, reason).increment());
    }

    void endedUnknown(String region, String modelId, UnknownCause cause) {
        models.use(modelId, label -> of(pair(region, label).unknown(), cause).increment());
    }

    void took(String region, String modelId, Duration duration) {
        models.use(modelId, label -> pair(region, label).duration().record(duration));
    }

    void tokens(String region, String modelId, Tokens tokens) {
        models.use(modelId, label -> pair(region, label).count(tokens));
    }

    private static <K> Counter of(Map<K, Counter> counters, K key) {
        Counter counter = counters.get(key);
        if (counter == null) {
            throw new IllegalArgumentException("nothing is counted as " + key);
        }
        return counter;
    }

    private void drop(String label) {
        pairs.keySet().removeIf(pair -> pair.modelLabel().equals(label));
        List.of(EXECUTIONS, FLAGGED, UNKNOWN, DURATION, TOKENS).forEach(name -> {
            List<Meter> series =
                    List.copyOf(registry.find(name).tag(MODEL, label).meters());
            series.forEach(registry::remove);
        });
    }

    private PairMeters pair(String region, String modelLabel) {
        Pair pair = new Pair(region, modelLabel);
        PairMeters known = pairs.get(pair);
        return known == null ? pairs.computeIfAbsent(pair, this::meters) : known;
    }

    private PairMeters meters(Pair pair) {
        return new PairMeters(
                counters(
                        EnumSet.complementOf(EnumSet.of(ExecutionStatus.RUNNING)),
                        status -> Counter.builder(EXECUTIONS)
                                .description("Finished executions")
                                .tag("status", status.wireName()),
                        pair),
                counters(
                        EnumSet.allOf(UnknownCause.class),
                        cause -> Counter.builder(UNKNOWN)
                                .description("Attempts that ended unknown, whatever was done about their cells")
                                .tag("cause", cause.wireName()),
                        pair),
                counters(
                        EnumSet.allOf(Tokens.Kind.class),
                        kind -> Counter.builder(TOKENS)
                                .description("Tokens of the answers that are stored, as the providers counted them")
                                .tag("kind", kind.wireName()),
                        pair),
                Timer.builder(DURATION)
                        .description("Inference only, one call that was sent")
                        .tag("region", pair.region())
                        .tag(MODEL, pair.modelLabel())
                        .serviceLevelObjectives(buckets)
                        .register(registry));
    }

    private <K extends Enum<K>> Map<K, Counter> counters(
            Set<K> values, Function<K, Counter.Builder> counter, Pair pair) {
        return new EnumMap<>(values.stream()
                .collect(Collectors.toMap(
                        Function.identity(),
                        value -> counter.apply(value)
                                .tag("region", pair.region())
                                .tag(MODEL, pair.modelLabel())
                                .register(registry))));
    }

    private Counter flagged(String region, String modelLabel, String reason) {
        return Counter.builder(FLAGGED)
                .description("Completed executions whose answer is cut, filtered, refused, empty or oddly ended")
                .tag("region", region)
                .tag(MODEL, modelLabel)
                .tag("reason", reason)
                .register(registry);
    }
}
