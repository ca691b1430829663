package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.job.JobQueue.Waiting;
import io.projectbeacon.runner.job.WakeUp;
import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.region.RegionLimits;
import io.projectbeacon.runner.region.Regions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.stereotype.Component;

/**
 * The cells that this runner holds and has not begun, by region.
 *
 * <p>A job's time runs from its start, so a job is not started long before a place is free for its cells: of a region, a
 * runner holds at most twice as many cells as it has places there. A larger job is held alone. The others wait in the queue,
 * where they are seen, and where another runner may take them.
 */
@Component
class CellsToBegin {

    private static final int ROUNDS = 2;

    private final RegionLimits limits;
    private final WakeUp wakeUp;
    private final Map<String, AtomicInteger> toBegin = new ConcurrentHashMap<>();

    /** The regions that had no room for a job, and at how many of them it is worth to look again. */
    private final Map<String, Integer> full = new ConcurrentHashMap<>();

    CellsToBegin(Regions regions, RegionLimits limits, WakeUp wakeUp, BeaconGauges gauges) {
        this.limits = limits;
        this.wakeUp = wakeUp;
        for (String region : regions.names()) {
            gauges.cellsWaiting(region, of(region), AtomicInteger::get);
        }
    }

    /** The regions that have no room for a further job. */
    Set<String> full() {
        return new HashSet<>(full.keySet());
    }

    /** Says what further jobs would add, until it is started; to be asked by one thread. */
    final class Room {

        private final Map<String, Integer> added = new HashMap<>();

        /** Whether there is room for the job; if there is, it is taken. If not, a region is full from now on. */
        boolean takes(Waiting job) {
            boolean fits = true;
            for (String region : job.regions()) {
                fits &= fits(region, job.models());
            }
            if (fits) {
                job.regions().forEach(region -> added.merge(region, job.models(), Integer::sum));
            }
            return fits;
        }

        private boolean fits(String region, int cells) {
            int most = ROUNDS * limits.places(region);
            int present = of(region).get() + added.getOrDefault(region, 0);
            if (present == 0 || present + cells <= most) {
                return true;
            }
            // At half of what may be held, so that jobs are started several at a time.
            full.put(region, Math.max(0, Math.min(most / 2, most - cells)));
            return false;
        }
    }

    Room room() {
        return new Room();
    }

    void hold(String region, int cells) {
        of(region).addAndGet(cells);
    }

    /** The cells have begun, or will not be begun by their run. */
    void release(String region, int cells) {
        int left = of(region).addAndGet(-cells);
        Integer enough = full.get(region);
        if (enough != null && left <= enough && full.remove(region, enough)) {
            wakeUp.ring();
        }
    }

    /** Looks again at regions that were full, in case that their cells began just before they were found to be so. */
    void recount() {
        full.forEach((region, enough) -> {
            if (of(region).get() <= enough) {
                full.remove(region, enough);
            }
        });
    }

    private AtomicInteger of(String region) {
        return toBegin.computeIfAbsent(region, name -> new AtomicInteger());
    }
}
