package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.execution.ExecutionStatus;
import io.projectbeacon.runner.inference.Regions;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.springframework.stereotype.Component;

/** How many cells of a region may be under way at once on this replica, over all its jobs. */
@Component
class RegionLimits {

    /** What a region gets that is not configured any more, while jobs that name it are still in the queue. */
    private static final int UNCONFIGURED = 1;

    private record Limit(int size, Semaphore permits) {
        Limit(int size) {
            // Fair, so that a big job does not starve the others.
            this(size, new Semaphore(size, true));
        }
    }

    private final Map<String, Limit> limits = new ConcurrentHashMap<>();

    RegionLimits(Regions regions, BeaconMetrics metrics) {
        for (String region : regions.names()) {
            Limit limit = new Limit(regions.maxInFlight(region));
            limits.put(region, limit);
            metrics.registerRegion(
                    region,
                    Arrays.stream(ExecutionStatus.values())
                            .filter(status -> status != ExecutionStatus.RUNNING)
                            .map(ExecutionStatus::wireName)
                            .toList());
            metrics.executionsInFlight(
                    region, limit, l -> l.size() - l.permits().availablePermits());
        }
    }

    /** A permit for one cell of the region; it is not held yet. */
    RegionPermit permit(String region) {
        return new RegionPermit(limit(region).permits());
    }

    private Limit limit(String region) {
        return limits.computeIfAbsent(region, unknown -> new Limit(UNCONFIGURED));
    }
}
