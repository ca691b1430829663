package io.projectbeacon.runner.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * One counter with a series for each job, region and model, of which there are never more than a bound.
 *
 * <p>Past the bound no new series is made: its count goes to the series labelled {@code _other}, so that the sum over
 * all series stays true. A job's series can be dropped when it has finished; sums then fall by its counts, which is why
 * alerts are built on the aggregate and not on this counter.
 *
 * <p>Guarded by its own monitor: if a series were removed between its look-up and its increment, the count would be
 * lost on a series that no scrape shows.
 */
final class JobSeries {

    static final String OTHER = "_other";

    private record Key(String region, String model) {}

    private final MeterRegistry registry;
    private final String name;
    private final String description;
    private final int bound;
    private final Map<String, Map<Key, Counter>> byJob = new HashMap<>();
    private final Counter other;
    private int series;

    JobSeries(MeterRegistry registry, String name, String description, int bound) {
        this.registry = registry;
        this.name = name;
        this.description = description;
        this.bound = bound;
        this.other = counter(OTHER, OTHER, OTHER);
    }

    synchronized void count(String jobspecId, String region, String model, double amount) {
        Key key = new Key(region, model);
        Map<Key, Counter> ofJob = byJob.get(jobspecId);
        Counter known = ofJob == null ? null : ofJob.get(key);
        if (known != null) {
            known.increment(amount);
        } else if (series >= bound) {
            other.increment(amount);
        } else {
            Counter fresh = counter(jobspecId, region, model);
            byJob.computeIfAbsent(jobspecId, id -> new HashMap<>()).put(key, fresh);
            series++;
            fresh.increment(amount);
        }
    }

    synchronized Set<String> jobs() {
        return Set.copyOf(byJob.keySet());
    }

    synchronized void drop(String jobspecId) {
        Map<Key, Counter> dropped = byJob.remove(jobspecId);
        if (dropped != null) {
            series -= dropped.size();
            dropped.values().forEach(registry::remove);
        }
    }

    private Counter counter(String jobspecId, String region, String model) {
        return Counter.builder(name)
                .description(description)
                .tag("job_id", jobspecId)
                .tag("region", region)
                .tag("model_id", model)
                .register(registry);
    }
}
