package io.projectbeacon.runner.worker;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The places for jobs on this runner, and who has them. A caller that comes while others have them all is not kept waiting for
 * the ends of their jobs: it may have an equal part beside them, and they get no further place meanwhile. So a runner holds a
 * little more than its places for a while, and no caller has more than all of them.
 */
final class JobPlaces {

    /** What the jobs of a caller take. */
    private record Taken(int jobs, long weight) {

        static final Taken NOTHING = new Taken(0, 0);

        Taken and(int moreJobs, long moreWeight) {
            return new Taken(jobs + moreJobs, weight + moreWeight);
        }
    }

    private final int maxJobs;
    private final long maxWeight;
    private final Map<String, Taken> byCaller = new HashMap<>();
    private Taken all = Taken.NOTHING;

    JobPlaces(int maxJobs, long maxWeight) {
        this.maxJobs = maxJobs;
        this.maxWeight = maxWeight;
    }

    private JobPlaces(JobPlaces from) {
        this(from.maxJobs, from.maxWeight);
        byCaller.putAll(from.byCaller);
        all = from.all;
    }

    /** As they are now, to be planned with. */
    synchronized JobPlaces copy() {
        return new JobPlaces(this);
    }

    /** @param jobs 0 for a job that takes no place, but has its weight */
    synchronized void add(String caller, int jobs, long weight) {
        Taken now = of(caller).and(jobs, weight);
        if (now.equals(Taken.NOTHING)) {
            byCaller.remove(caller);
        } else {
            byCaller.put(caller, now);
        }
        all = all.and(jobs, weight);
    }

    /** How many more jobs may be started, of whichever caller; none while those that run are heavy. */
    synchronized int free() {
        return all.weight() < maxWeight ? Math.max(0, maxJobs - all.jobs()) : 0;
    }

    /** Whether a job of this caller may be started. */
    synchronized boolean isFreeFor(String caller) {
        if (free() > 0) {
            return true;
        }
        Taken own = of(caller);
        int callers = byCaller.size() + (byCaller.containsKey(caller) ? 0 : 1);
        return own.jobs() == 0 && own.weight() == 0
                || own.jobs() < maxJobs / callers && own.weight() < maxWeight / callers;
    }

    /** The callers of which no job may be started. */
    synchronized Set<String> sated() {
        return byCaller.keySet().stream().filter(caller -> !isFreeFor(caller)).collect(Collectors.toSet());
    }

    private Taken of(String caller) {
        return byCaller.getOrDefault(caller, Taken.NOTHING);
    }
}
