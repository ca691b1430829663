package io.projectbeacon.runner.region;

import io.projectbeacon.runner.region.Refusal.Reason;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** How each region stands, as far as this replica's own calls have learned. */
@Component
public final class RegionStates {

    /**
     * A region.
     *
     * @param limit how many of its cells may be under way at once on this replica
     * @param inFlight how many are
     * @param total how many may be over all replicas; null without such a bound
     * @param totalTaken those of all replicas are as many
     * @param uncountable its cells over all replicas cannot be counted, since its key in Redis is of another type
     * @param breakerOpen no call is sent but for trial calls
     * @param untilTrial until the next trial call; null while calls, or trial calls, are let through
     * @param refusing why its provider refuses calls; null when it takes them
     * @param paused until a call is sent after a refusal; null when it takes calls, one by one or freely
     * @param pause by an operator, who has to resume it; null without one
     */
    public record State(
            String region,
            int limit,
            int inFlight,
            @Nullable Integer total,
            boolean totalTaken,
            boolean uncountable,
            boolean breakerOpen,
            @Nullable Duration untilTrial,
            @Nullable Reason refusing,
            @Nullable Duration paused,
            @Nullable RegionPause pause) {}

    private final Regions regions;
    private final RegionLimits limits;
    private final RegionBreakers breakers;
    private final RegionPace pace;
    private final RegionPauses pauses;

    RegionStates(Regions regions, RegionLimits limits, RegionBreakers breakers, RegionPace pace, RegionPauses pauses) {
        this.regions = regions;
        this.limits = limits;
        this.breakers = breakers;
        this.pace = pace;
        this.pauses = pauses;
    }

    /** Each region that the service is configured with, in their stable order. */
    public List<State> now() {
        return regions.names().stream().map(this::of).toList();
    }

    /** A region of this name that the service is configured with. */
    public State of(String region) {
        RegionBreaker breaker = breakers.of(region);
        return new State(
                region,
                regions.maxInFlight(region),
                limits.inFlight(region),
                regions.maxInFlightTotal(region),
                limits.isTotalTaken(region),
                limits.isUncountable(region),
                breaker != null && breaker.isOpen(),
                breaker == null ? null : breaker.closure().map(Closure::left).orElse(null),
                pace.refusing(region).orElse(null),
                pace.pause(region).map(Closure::left).orElse(null),
                pauses.of(region).orElse(null));
    }
}
