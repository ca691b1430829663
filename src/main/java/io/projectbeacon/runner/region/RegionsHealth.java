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
 * regions go on. That a provider takes fewer calls than there are, or that an operator has paused a region, is no fault, but is
 * said.
 */
class RegionsHealth implements HealthIndicator {

    private final RegionBreakers breakers;
    private final RegionPace pace;
    private final RegionLimits limits;
    private final RegionPauses pauses;

    RegionsHealth(RegionBreakers breakers, RegionPace pace, RegionLimits limits, RegionPauses pauses) {
        this.breakers = breakers;
        this.pace = pace;
        this.limits = limits;
        this.pauses = pauses;
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
        pauses.paused()
                .forEach(region -> pauses.of(region)
                        .ifPresent(pause -> details.put(region, "paused since " + pause.at() + " by " + pause.by())));
        return (degraded ? Health.status("DEGRADED") : Health.up())
                .withDetails(details)
                .build();
    }
}
