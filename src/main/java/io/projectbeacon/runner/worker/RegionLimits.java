package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.execution.ExecutionStatus;
import io.projectbeacon.runner.inference.Regions;
import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * How many cells of a region may be under way at once on this replica, over all its jobs; and, where it is configured,
 * over all replicas.
 */
@Component
class RegionLimits {

    /** What a region gets that is not configured any more, while jobs that name it are still in the queue. */
    private static final int UNCONFIGURED = 1;

    /** The most cells that a job begins before it is the next one's turn. */
    private static final int LONGEST_TURN = 16;

    /** A turn takes no more than this part of a region's places, so that a big job does not starve the others. */
    private static final int PART = 32;

    private record Limit(Semaphore permits, @Nullable TotalLimit total, AtomicInteger inUse, RegionTurn turn) {
        Limit(int size, @Nullable TotalLimit total) {
            // Fair, so that a big job does not starve the others.
            this(
                    new Semaphore(size, true),
                    total,
                    new AtomicInteger(),
                    new RegionTurn(Math.clamp(size / PART, 1, LONGEST_TURN)));
        }
    }

    private final Map<String, Limit> limits = new ConcurrentHashMap<>();

    RegionLimits(Regions regions, BeaconMetrics metrics, BeaconGauges gauges, RegionLeases leases) {
        for (String region : regions.names()) {
            Integer total = regions.maxInFlightTotal(region);
            Limit limit = new Limit(
                    regions.maxInFlight(region), total == null ? null : new TotalLimit(region, total, leases));
            limits.put(region, limit);
            metrics.registerRegion(
                    region,
                    Arrays.stream(ExecutionStatus.values())
                            .filter(status -> status != ExecutionStatus.RUNNING)
                            .map(ExecutionStatus::wireName)
                            .toList());
            gauges.regionLimit(region, regions.maxInFlight(region));
            gauges.executionsInFlight(region, limit, l -> l.inUse().get());
        }
    }

    /** A permit for one cell of the region; it is not held yet. */
    RegionPermit permit(String region) {
        Limit limit = limit(region);
        return new RegionPermit(limit.permits(), limit.total(), limit.inUse());
    }

    private Limit limit(String region) {
        return limits.computeIfAbsent(region, unknown -> new Limit(UNCONFIGURED, null));
    }

    /** The turns in which the jobs begin cells of the region. */
    RegionTurn turn(String region) {
        return limit(region).turn();
    }

    /** The bounds over all replicas. */
    List<TotalLimit> totals() {
        return limits.values().stream()
                .map(Limit::total)
                .filter(Objects::nonNull)
                .toList();
    }
}
