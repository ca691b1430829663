package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.job.ClosedRegions;
import io.projectbeacon.runner.job.JobQueue;
import io.projectbeacon.runner.job.JobQueue.Shares;
import io.projectbeacon.runner.job.JobQueue.Waiting;
import io.projectbeacon.runner.job.JobStatusGauge;
import io.projectbeacon.runner.job.WakeUp;
import io.projectbeacon.runner.region.CallerShares;
import io.projectbeacon.runner.region.Closure;
import io.projectbeacon.runner.region.RegionClosures;
import io.projectbeacon.runner.region.RegionPauses;
import io.projectbeacon.runner.region.Regions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Keeps one region from stopping the others: jobs that can send no call give their places back until a call can be sent.
 *
 * <p>A region is closed for all runners from the moment in which one of them is refused for long, until one of them is answered
 * there. Its jobs are parked meanwhile. When the region's time has come, one runner lets a few of them in; an answer to one of
 * those opens the region, and the others start in their old order.
 *
 * <p>It is looked at by the thread that picks jobs, and by no other.
 */
@Component
class Parking {

    private static final Logger log = LoggerFactory.getLogger(Parking.class);

    /** Often enough for a poll each second, and not at each of a thousand wake-up calls. */
    private static final Duration INTERVAL = Duration.ofMillis(200);

    private final RegionClosures closures;
    private final RegionPauses pauses;
    private final ClosedRegions regions;
    private final JobQueue queue;
    private final CallerShares callers;
    private final RunningJobs running;
    private final WakeUp wakeUp;
    private final Duration trialTime;

    /** The closures of this runner's own that the others have been told of, by when they began. */
    private final Map<String, Long> told = new HashMap<>();

    /** The closed regions, and since when this runner knows of it: a later answer opens them. */
    private final Map<String, Long> knownSince = new HashMap<>();

    private Map<String, Closure> here = Map.of();

    /** By operators. Their regions are not in the table of the closed ones, and no call tries them out. */
    private Set<String> paused = Set.of();

    private Map<String, Boolean> everywhere = Map.of();
    private long lookedAt;
    private boolean impatient;

    Parking(
            Regions names,
            RegionClosures closures,
            RegionPauses pauses,
            ClosedRegions regions,
            JobQueue queue,
            CallerShares callers,
            RunningJobs running,
            WakeUp wakeUp,
            JobStatusGauge gauge,
            LockProperties locks) {
        this.closures = closures;
        this.pauses = pauses;
        this.regions = regions;
        this.queue = queue;
        this.callers = callers;
        this.running = running;
        this.wakeUp = wakeUp;
        this.trialTime = locks.ttl();
        names.names().forEach(gauge::showParked);
        pauses.whenChanged(wakeUp::ring);
    }

    /**
     * Looks at the regions, tells the other runners what this one has learned, and parks the runs that only wait.
     *
     * @return whether it did; not when the last look was a moment ago
     */
    boolean look() {
        impatient = lookedAt != 0 && System.nanoTime() - lookedAt < INTERVAL.toNanos();
        if (impatient) {
            return false;
        }
        lookedAt = System.nanoTime();
        here = closures.now();
        paused = pauses.paused();
        here.forEach(this::tell);
        everywhere = regions.all();
        everywhere.keySet().forEach(region -> knownSince.putIfAbsent(region, closures.time()));
        knownSince.keySet().retainAll(everywhere.keySet());
        openAnswered();
        Map<String, Closure> notCalled = new HashMap<>(here);
        paused.forEach(region -> notCalled.put(region, Closure.BY_OPERATOR));
        running.all().forEach(run -> run.stop().parkIfAllWait(notCalled));
        return true;
    }

    /**
     * How long to wait for a wake-up call: a look that came too early is made up for soon, and a trial's answer is seen at
     * once, since all jobs of the region wait for it.
     */
    Duration patience(Duration pollInterval) {
        return impatient && INTERVAL.compareTo(pollInterval) < 0 ? INTERVAL : pollInterval;
    }

    private void tell(String region, Closure closure) {
        Long before = told.get(region);
        if (closure.isLong() && (before == null || before != closure.begun())) {
            regions.close(region, closure.left());
            knownSince.put(region, closures.time());
            told.put(region, closure.begun());
        }
    }

    private void openAnswered() {
        List<String> answering = knownSince.entrySet().stream()
                .filter(known -> closures.answersSince(known.getKey(), known.getValue()))
                .map(Map.Entry::getKey)
                .toList();
        for (String region : answering) {
            knownSince.remove(region);
            if (regions.open(region)) {
                log.atInfo().addKeyValue("region", region).log("The region answers; its parked jobs start");
                wakeUp.announce();
            }
        }
        if (!answering.isEmpty()) {
            everywhere = new HashMap<>(everywhere);
            everywhere.keySet().removeAll(answering);
        }
    }

    /** Regions whose jobs are parked. */
    Set<String> closed() {
        Set<String> closed = new HashSet<>(everywhere.keySet());
        closed.addAll(paused);
        return closed;
    }

    /** Regions that this runner calls slowly or not at all, though others may call them: their jobs are left to those. */
    Set<String> closedHere() {
        Set<String> notCalled = closed();
        here.forEach((region, closure) -> {
            if (closure.isLong()) {
                notCalled.add(region);
            }
        });
        return notCalled;
    }

    /** The parked jobs that are let in now to try their regions out. */
    List<Waiting> trials() {
        List<Waiting> trials = new ArrayList<>();
        everywhere.forEach((region, isDue) ->
                trials.addAll(trials(region, isDue && !here.containsKey(region) && !paused.contains(region))));
        return trials.stream().distinct().toList();
    }

    private List<Waiting> trials(String region, boolean mayCall) {
        int atIt = Math.toIntExact(
                running.all().stream().filter(run -> run.tries(region)).count());
        List<Waiting> more = mayCall && atIt < closures.trialCalls()
                ? queue.forTrial(new Shares(callers.had(), Set.of()), region, closed(), closures.trialCalls() - atIt)
                : List.of();
        // Nothing is written for a region that nobody waits for. While a trial is under way, no other runner begins
        // any, though
        // another trial of this one was refused meanwhile.
        boolean isMine = (!more.isEmpty() || atIt > 0) && regions.tryOut(region, trialTime);
        impatient |= isMine;
        return isMine ? more : List.of();
    }
}
