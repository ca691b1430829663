package io.projectbeacon.runner.region;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.projectbeacon.runner.domain.CallerLimits;
import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.metrics.Metrics;
import java.time.Duration;
import java.util.Map;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Parts of the region room for tests of other rooms. */
public final class RegionRoom {

    private RegionRoom() {}

    /** The configuration that makes the room's beans. */
    public static final Class<?> CONFIGURATION = RegionConfiguration.class;

    public static final Class<?> BREAKER_PROPERTIES = BreakerProperties.class;

    public static Object breakerProperties(int failureRate, int window, Duration openFor, int trialCalls) {
        return new BreakerProperties(failureRate, window, openFor, trialCalls);
    }

    /** The limits of regions for a start that asks Redis nothing. */
    public static RegionLimits limits(Regions regions, BeaconMetrics metrics, BeaconGauges gauges) {
        return new RegionLimits(
                regions,
                metrics,
                gauges,
                new SharedSlots(new StringRedisTemplate(), Duration.ofSeconds(30)),
                new CallerShares(CallerLimits.NONE));
    }

    /** The pace of regions that have refused nothing. */
    public static RegionPace pace() {
        Regions regions = Regions.of(Provider.SIMULATED, new RegionsProperties(Map.of()));
        return pace(regions, Duration.ofSeconds(1), Ticker.SYSTEM);
    }

    public static RegionPace pace(Regions regions, Duration initialBackoff, Ticker ticker) {
        return new RegionPace(
                regions,
                new BackoffProperties(initialBackoff, Duration.ofSeconds(60)),
                pauses(),
                Metrics.in(new SimpleMeterRegistry()),
                ticker);
    }

    /** Nothing is paused, for as long as a test lasts. */
    public static RegionPauses pauses() {
        RegionPauses pauses = new RegionPauses(Ticker.SYSTEM, Duration.ofDays(1));
        pauses.seen(Map.of(), pauses.time());
        return pauses;
    }

    /** Breakers that open when half of a window's calls have failed, and then let one trial call through. */
    public static RegionBreakers breakers(
            Regions regions, int window, Duration openFor, MeterRegistry registry, Ticker ticker) {
        return new RegionBreakers(
                regions, new BreakerProperties(50, window, openFor, 1), Metrics.gauges(registry), ticker);
    }
}
