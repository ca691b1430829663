package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.job.JobQueue.CallersRegion;
import io.projectbeacon.runner.job.JobQueue.Waiting;
import io.projectbeacon.runner.job.WakeUp;
import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.region.RegionLimits;
import io.projectbeacon.runner.region.Regions;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;

/**
 * The cells that this runner holds and has not begun, by region and caller.
 *
 * <p>A job's time runs from its start, so a job is not started long before a place is free for its cells: of a region, a
 * runner holds at most twice as many cells as it has places there, or an equal part of those for each caller that has any. A
 * larger job is held alone. The others wait in the queue, where they are seen, and where another runner may take them. A caller
 * of whose cells none is held is never kept waiting by what others have here.
 */
@Component
class CellsToBegin {

    private static final int ROUNDS = 2;

    private final RegionLimits limits;
    private final WakeUp wakeUp;

    /** By region, then by caller; a caller without any is not in it. */
    private final Map<String, Map<String, Integer>> toBegin = new ConcurrentHashMap<>();

    /** The regions that had no room for a caller's job, and at how many of its cells it is worth to look again. */
    private final Map<CallersRegion, Integer> full = new ConcurrentHashMap<>();

    CellsToBegin(Regions regions, RegionLimits limits, WakeUp wakeUp, BeaconGauges gauges) {
        this.limits = limits;
        this.wakeUp = wakeUp;
        for (String region : regions.names()) {
            gauges.cellsWaiting(region, in(region), CellsToBegin::sum);
        }
    }

    private static int sum(Map<String, Integer> byCaller) {
        return byCaller.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** The regions that have no room for a further job of a caller. */
    Set<CallersRegion> full() {
        return Set.copyOf(full.keySet());
    }

    /** Says what further jobs would add, until it is started; to be asked by one thread. */
    final class Room {

        private final Map<CallersRegion, Integer> added = new HashMap<>();

        /** Whether there is room for the job; if there is, it is taken. If not, a region is full from now on. */
        boolean takes(Waiting job) {
            boolean fits = true;
            for (String region : job.regions()) {
                fits &= fits(new CallersRegion(job.caller(), region), job.models());
            }
            if (fits) {
                job.regions()
                        .forEach(region ->
                                added.merge(new CallersRegion(job.caller(), region), job.models(), Integer::sum));
            }
            return fits;
        }

        private boolean fits(CallersRegion wanted, int cells) {
            int present = of(wanted) + added.getOrDefault(wanted, 0);
            int callers = Math.max(1, in(wanted.region()).size());
            int most = ROUNDS * limits.places(wanted.region(), wanted.caller()) / callers;
            if (present == 0 || present + cells <= most) {
                return true;
            }
            // At half of what may be held, so that jobs are started several at a time.
            full.put(wanted, Math.max(0, Math.min(most / 2, most - cells)));
            return false;
        }
    }

    Room room() {
        return new Room();
    }

    void hold(String caller, String region, int cells) {
        add(caller, region, cells);
    }

    /** The cells have begun, or will not be begun by their run. */
    void release(String caller, String region, int cells) {
        int left = add(caller, region, -cells);
        CallersRegion released = new CallersRegion(caller, region);
        Integer enough = full.get(released);
        if (enough != null && left <= enough && full.remove(released, enough)) {
            wakeUp.ring();
        }
    }

    /** Looks again at regions that were full, in case that their cells began just before they were found to be so. */
    void recount() {
        full.forEach((region, enough) -> {
            if (of(region) <= enough) {
                full.remove(region, enough);
            }
        });
    }

    private int add(String caller, String region, int cells) {
        Integer left = in(region).compute(caller, (name, held) -> {
            int now = (held == null ? 0 : held) + cells;
            return now == 0 ? null : now;
        });
        return left == null ? 0 : left;
    }

    private int of(CallersRegion wanted) {
        return in(wanted.region()).getOrDefault(wanted.caller(), 0);
    }

    private Map<String, Integer> in(String region) {
        return toBegin.computeIfAbsent(region, name -> new ConcurrentHashMap<>());
    }
}
