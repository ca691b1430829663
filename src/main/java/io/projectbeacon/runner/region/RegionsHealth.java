package io.projectbeacon.runner.region;

import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** DEGRADED while a region's circuit breaker is open; not DOWN, since calls to the other regions go on. */
class RegionsHealth implements HealthIndicator {

    private final RegionBreakers breakers;

    RegionsHealth(RegionBreakers breakers) {
        this.breakers = breakers;
    }

    @Override
    public Health health() {
        Map<String, Boolean> open = breakers.open();
        Map<String, Object> regions = new LinkedHashMap<>();
        open.forEach((region, isOpen) -> regions.put(region, isOpen ? "breaker open" : "called"));
        return (open.containsValue(true) ? Health.status("DEGRADED") : Health.up())
                .withDetails(regions)
                .build();
    }
}
