package io.projectbeacon.runner.region;

import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The limits on how many cells of a region may be under way at once: on this replica, over all its jobs; and, where it
 * is configured, over all replicas.
 */
@Component
public final class RegionLimits {

    /** The limit of a region that is not configured any more, while jobs that name it are still in the queue. */
    private static final int UNCONFIGURED = 1;

    /** The most cells that a job begins before the next job of its caller does. */
    private static final int LONGEST_SHARE = 16;

    /** A job begins cells for at most 1/PART of a region's slots at once, so that a big job does not starve others. */
    private static final int PART = 32;

    private record Limit(
            int places, Semaphore permits, @Nullable SharedLimit shared, AtomicInteger inUse, Orders orders) {

        Limit(int size, @Nullable SharedLimit shared) {
            this(
                    shared == null ? size : Math.min(size, shared.total()),
                    new Semaphore(size, true),
                    shared,
                    new AtomicInteger(),
                    Orders.of(Math.clamp(size / PART, 1, LONGEST_SHARE)));
        }
    }

    /** One for cells of many calls, which may wait for long, and one for those that need not wait behind them. */
    private record Orders(FairStart ofLongCells, FairStart ofShortCells) {

        static Orders of(int share) {
            return new Orders(new FairStart(share), new FairStart(share));
        }
    }

    private final Map<String, Limit> limits = new ConcurrentHashMap<>();
    private final CallerShares callers;

    RegionLimits(Regions regions, BeaconMetrics metrics, BeaconGauges gauges, SharedSlots slots, CallerShares callers) {
        this.callers = callers;
        for (String region : regions.names()) {
            Integer total = regions.maxInFlightTotal(region);
            Limit limit =
                    limit(regions.maxInFlight(region), total == null ? null : new SharedLimit(region, total, slots));
            limits.put(region, limit);
            metrics.registerRegion(region);
            gauges.regionLimit(region, regions.maxInFlight(region));
            if (total != null) {
                gauges.regionTotalLimit(region, total);
            }
            gauges.executionsInFlight(region, limit, l -> l.inUse().get());
        }
    }

    /** A slot for one of the caller's cells of the region; it is not taken yet. */
    public RegionSlot slot(String region, String caller) {
        Limit limit = limit(region);
        return new RegionSlot(limit.permits(), limit.shared(), limit.inUse(), callers.of(caller));
    }

    /** How many of the caller's cells of the region can be under way at once on this replica, if no others are. */
    public int places(String region, String caller) {
        return callers.of(caller).of(limit(region).places());
    }

    /** The order in which cells of the region begin, of many calls or of few. */
    public FairStart fairStart(String region, boolean longCells) {
        Orders orders = limit(region).orders();
        return longCells ? orders.ofLongCells() : orders.ofShortCells();
    }

    /** How many of the region's cells are under way on this replica. */
    int inFlight(String region) {
        return limit(region).inUse().get();
    }

    /** Whether no call begins in the region, since those of all replicas cannot be counted until a person mends it. */
    boolean isUncountable(String region) {
        SharedLimit limit = limit(region).shared();
        return limit != null && limit.isKeyBroken();
    }

    /** Whether the cells of all replicas take all that is allowed, as far as this one was told. */
    boolean isTotalTaken(String region) {
        SharedLimit limit = limit(region).shared();
        return limit != null && limit.isFull();
    }

    /** The limits over all replicas. */
    List<SharedLimit> shared() {
        return limits.values().stream()
                .map(Limit::shared)
                .filter(Objects::nonNull)
                .toList();
    }

    private Limit limit(String region) {
        return limits.computeIfAbsent(region, unknown -> limit(UNCONFIGURED, null));
    }

    private Limit limit(int size, @Nullable SharedLimit shared) {
        Limit limit = new Limit(size, shared);
        callers.tell(limit.orders().ofLongCells());
        callers.tell(limit.orders().ofShortCells());
        return limit;
    }
}
