package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.job.JobFinisher.Waits;
import io.projectbeacon.runner.region.Closure;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which cells of a run are under way, which wait, and for what.
 *
 * <p>It is a gate, too. Once it is shut, no cell begins, and none comes back from its wait: so a run can be put aside in the
 * very moment in which all its cells wait, and no call is interrupted by that.
 */
final class CellWaits {

    /** Something that takes long, and that an interrupt ends. */
    interface Step {
        void run() throws InterruptedException;
    }

    /**
     * A cell's wait.
     *
     * @param until when it ends at the earliest, by {@link System#nanoTime}
     * @param thread of the cell
     */
    private record Wait(String region, long until, Thread thread) {}

    /**
     * The cells of a region that wait.
     *
     * @param cells those that wait for the region, or for a place there
     * @param forAttempts those whose next attempt is not due
     * @param soonest when the next attempt of the first of those is, by {@link System#nanoTime}
     */
    record Waiting(int cells, int forAttempts, long soonest) {

        static final Waiting NONE = new Waiting(0, 0, 0);

        private Waiting and(int more) {
            return new Waiting(cells + more, forAttempts, soonest);
        }

        private Waiting andOneUntil(long until) {
            return new Waiting(cells, forAttempts + 1, forAttempts == 0 || until - soonest < 0 ? until : soonest);
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Integer> notBegun = new HashMap<>();
    private final Set<Wait> waits = new HashSet<>();
    private int underWay;
    private boolean shut;

    /** The run has cells that it has not begun: all at once, since those of one region do not wait for all. */
    void add(Map<String, Integer> cells) {
        lock.lock();
        try {
            cells.forEach((region, number) -> notBegun.merge(region, number, Integer::sum));
        } finally {
            lock.unlock();
        }
    }

    /**
     * A cell begins that was not added, since it waits for no region.
     *
     * @return false when no cell begins any more
     */
    boolean beginUnasked() {
        lock.lock();
        try {
            if (!shut) {
                underWay++;
            }
            return !shut;
        } finally {
            lock.unlock();
        }
    }

    /** @return false when no cell begins any more */
    boolean begin(String region) {
        lock.lock();
        try {
            if (!shut) {
                notBegun.merge(region, -1, Integer::sum);
                underWay++;
            }
            return !shut;
        } finally {
            lock.unlock();
        }
    }

    /** A cell that has begun is done with, for this run. */
    void end() {
        lock.lock();
        try {
            underWay--;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets a cell that is under way wait.
     *
     * @param atLeast how long it waits, even when its region takes calls
     * @return false when the gate was shut: the cell must not go on
     */
    boolean during(String region, Duration atLeast, Step step) throws InterruptedException {
        Wait wait = new Wait(region, System.nanoTime() + atLeast.toNanos(), Thread.currentThread());
        if (!enter(wait)) {
            return false;
        }
        boolean passed = false;
        try {
            step.run();
            passed = true;
        } catch (InterruptedException stopped) {
            if (!isShut()) {
                throw stopped;
            }
        } finally {
            passed &= leave(wait);
        }
        return passed;
    }

    private boolean enter(Wait wait) {
        lock.lock();
        try {
            if (!shut) {
                waits.add(wait);
                underWay--;
            }
            return !shut;
        } finally {
            lock.unlock();
        }
    }

    private boolean leave(Wait wait) {
        lock.lock();
        try {
            waits.remove(wait);
            underWay++;
            return !shut;
        } finally {
            lock.unlock();
        }
    }

    /** Whether no cell begins any more. */
    boolean isShut() {
        lock.lock();
        try {
            return shut;
        } finally {
            lock.unlock();
        }
    }

    /** Shuts the gate: cells that wait stop waiting, those under way go on until they would wait. */
    void shut() {
        lock.lock();
        try {
            shut = true;
            // A thread leaves under this lock, so none that has gone on is interrupted.
            waits.forEach(wait -> wait.thread().interrupt());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Shuts the gate if every cell that is left waits for long.
     *
     * @param closed the regions that take no calls now
     * @param first is told what they wait for, before any cell finds the gate shut; nothing when a cell is under way, or
     *     will be soon
     */
    void shutIfAllWait(Map<String, Closure> closed, Consumer<Waits> first) {
        lock.lock();
        try {
            Optional<Waits> all = shut || underWay > 0 ? Optional.empty() : longWaits(closed);
            all.ifPresent(waiting -> {
                first.accept(waiting);
                shut();
            });
        } finally {
            lock.unlock();
        }
    }

    /** What waits now, by region; nothing of a region in which no cell does. */
    Map<String, Waiting> waiting() {
        Map<String, Waiting> byRegion = new TreeMap<>();
        lock.lock();
        try {
            if (shut) {
                return Map.of();
            }
            long now = System.nanoTime();
            notBegun.forEach((region, cells) -> {
                if (cells > 0) {
                    byRegion.put(region, Waiting.NONE.and(cells));
                }
            });
            for (Wait wait : waits) {
                Waiting before = byRegion.getOrDefault(wait.region(), Waiting.NONE);
                byRegion.put(wait.region(), wait.until() - now > 0 ? before.andOneUntil(wait.until()) : before.and(1));
            }
        } finally {
            lock.unlock();
        }
        return byRegion;
    }

    private Optional<Waits> longWaits(Map<String, Closure> closed) {
        Set<String> regions = new HashSet<>();
        Duration shortest = null;
        boolean forRegionsOnly = true;
        for (Map.Entry<String, Integer> cells : notBegun.entrySet()) {
            if (cells.getValue() > 0) {
                Closure closure = closed.get(cells.getKey());
                if (closure == null || !closure.isLong()) {
                    return Optional.empty();
                }
                regions.add(cells.getKey());
                shortest = shorter(shortest, closure.left());
            }
        }
        for (Wait wait : waits) {
            Closure closure = closed.get(wait.region());
            Duration left = Duration.ofNanos(wait.until() - System.nanoTime());
            if (closure != null && closure.isLong()) {
                left = closure.left().compareTo(left) > 0 ? closure.left() : left;
            } else if (left.compareTo(Closure.LONG) > 0) {
                forRegionsOnly = false;
            } else {
                return Optional.empty();
            }
            regions.add(wait.region());
            shortest = shorter(shortest, left);
        }
        if (shortest == null) {
            return Optional.empty(); // Nothing is left.
        }
        return Optional.of(new Waits(regions, forRegionsOnly ? null : shortest));
    }

    private static Duration shorter(@Nullable Duration one, Duration other) {
        return one == null || other.compareTo(one) < 0 ? other : one;
    }
}
