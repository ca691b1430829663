package io.projectbeacon.runner.domain;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How much of the service one caller may take at once.
 *
 * @param each of each caller
 * @param callers of some callers, by name, in place of that
 */
public record CallerLimits(Limits each, Map<String, Limits> callers) {

    /** No caller is limited by itself. */
    public static final CallerLimits NONE = new CallerLimits(new Limits(null, null), Map.of());

    /** Null: not limited. */
    public record Limits(
            @Nullable Long maxQueuedCells, @Nullable Integer maxInFlight) {}

    /**
     * A limit, and where it is set.
     *
     * @param property its name
     */
    public record Bound(long cells, String property) {}

    /** How many of its cells may wait. */
    public @Nullable Bound maxQueuedCells(String caller) {
        Limits own = callers.get(caller);
        if (own != null && own.maxQueuedCells() != null) {
            return new Bound(own.maxQueuedCells(), "beacon.fair-share.callers." + caller + ".max-queued-cells");
        }
        return each.maxQueuedCells() == null
                ? null
                : new Bound(each.maxQueuedCells(), "beacon.fair-share.max-queued-cells");
    }

    /** How many of its cells may be under way, on one replica. */
    public @Nullable Integer maxInFlight(String caller) {
        Limits own = callers.get(caller);
        return own != null && own.maxInFlight() != null ? own.maxInFlight() : each.maxInFlight();
    }
}
