package io.projectbeacon.runner.region;

import io.projectbeacon.runner.metrics.BeaconGauges;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The circuit breaker of each region. */
public final class RegionBreakers {

    private final Map<String, RegionBreaker> breakers = new LinkedHashMap<>();

    RegionBreakers(Regions regions, BreakerProperties properties, BeaconGauges gauges, Ticker ticker) {
        for (String region : regions.names()) {
            RegionBreaker breaker = new RegionBreaker(region, properties, ticker);
            breakers.put(region, breaker);
            gauges.regionBreakerOpen(region, breaker, b -> b.isOpen() ? 1 : 0);
        }
    }

    /** The region's breaker; null for a region that is not configured any more. */
    public @Nullable RegionBreaker of(String region) {
        return breakers.get(region);
    }

    /** Each region, and whether its breaker is open. */
    Map<String, Boolean> open() {
        Map<String, Boolean> open = new LinkedHashMap<>();
        breakers.forEach((region, breaker) -> open.put(region, breaker.isOpen()));
        return open;
    }
}
