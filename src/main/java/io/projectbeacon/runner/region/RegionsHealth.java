package io.projectbeacon.runner.region;

import io.projectbeacon.runner.region.Refusal.Reason;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * DEGRADED while a region's circuit breaker is open, or its account has no credit left, or
 * its calls cannot be counted; not DOWN, since calls to the other
 * regions go on. That a provider takes fewer calls than there are is no fault, but is said.
 */
class RegionsHealth implements HealthIndicator {

    private final RegionBreakers breakers;
    private final RegionPace pace;
    private final RegionLimits limits;

    RegionsHealth(RegionBreakers breakers, RegionPace pace, RegionLimits limits) {
        this.breakers = breakers;
        this.pace = pace;
        this.limits = limits;
    }

    @Override
    public Health health() {
        Map<String, Object> details = new LinkedHashMap<>();
        boolean degraded = false;
        for (Map.Entry<String, Boolean> breaker : breakers.open().entrySet()) {
            Optional<Reason> refusing = pace.refusing(breaker.getKey());
            degraded |=
                    breaker.getValue() || refusing.filter(Reason.QUOTA::equals).isPresent();
            details.put(
                    breaker.getKey(),
                    breaker.getValue()
                            ? "breaker open"
                            : refusing.map(reason -> "refuses calls: " + reason.wireName())
                                    .orElse("called"));
        }
        for (SharedLimit limit : limits.shared()) {
            if (limit.isKeyBroken()) {
                degraded = true;
                details.put(
                        limit.region(),
                        "its calls over all replicas cannot be counted: a key in Redis is of another type, delete "
                                + SharedSlots.key(limit.region()) + "*");
            }
        }
        return (degraded ? Health.status("DEGRADED") : Health.up())
                .withDetails(details)
                .build();
    }
}
