package io.projectbeacon.runner.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Set;

/** Makes the service's meters for a test that runs without an application context. */
public final class Metrics {

    private Metrics() {}

    public static BeaconMetrics in(MeterRegistry registry) {
        return new BeaconMetrics(
                registry, new MetricsProperties(2000, Duration.ofHours(2), 200, Duration.ofMinutes(30), Set.of()));
    }

    public static BeaconGauges gauges(MeterRegistry registry) {
        return new BeaconGauges(registry);
    }
}
