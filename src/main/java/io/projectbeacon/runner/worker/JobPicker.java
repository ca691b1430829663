package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.database.OutageLog;
import io.projectbeacon.runner.job.JobQueue;
import io.projectbeacon.runner.job.JobQueue.CallersRegion;
import io.projectbeacon.runner.job.JobQueue.Shares;
import io.projectbeacon.runner.job.JobQueue.Sizes;
import io.projectbeacon.runner.job.JobQueue.Waiting;
import io.projectbeacon.runner.job.StartedJob;
import io.projectbeacon.runner.job.WakeUp;
import io.projectbeacon.runner.region.CallerShares;
import io.projectbeacon.runner.worker.RunningJobs.Place;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/** Takes the next jobs from the queue: locks each in Redis, and starts it under a new fence. */
@Component
class JobPicker {

    private static final Logger log = LoggerFactory.getLogger(JobPicker.class);

    /** How many jobs are looked at in one go. */
    private static final int BATCH = 250;

    private static final int SPARE = 10;

    /** The rows of jobs that are started together are in memory at one time, beside what their runs keep of them. */
    private static final int READ_TOGETHER = 4 << 20;

    private final OutageLog outage = new OutageLog(log);
    private final JobQueue queue;
    private final JobLocks locks;
    private final RunningJobs running;
    private final Parking parking;
    private final CellsToBegin toBegin;
    private final CallerShares callers;
    private final WakeUp wakeUp;
    private final Duration pollInterval;
    private volatile boolean stopping;

    JobPicker(
            JobQueue queue,
            JobLocks locks,
            RunningJobs running,
            Parking parking,
            CellsToBegin toBegin,
            CallerShares callers,
            WakeUp wakeUp,
            WorkerProperties properties) {
        this.queue = queue;
        this.locks = locks;
        this.running = running;
        this.parking = parking;
        this.toBegin = toBegin;
        this.callers = callers;
        this.wakeUp = wakeUp;
        this.pollInterval = properties.pollInterval();
    }

    /** Lets {@link #pickUntilStopped} go on after an earlier stop. Comes before it, so that no stop is overlooked. */
    void reset() {
        stopping = false;
    }

    /** Picks jobs until {@link #stop}. */
    void pickUntilStopped() {
        while (!stopping) {
            if (!pick()) {
                try {
                    wakeUp.await(parking.patience(pollInterval));
                } catch (InterruptedException e) {
                    return;
                }
            }
        }
    }

    /** Picks no further job. The start of one that is under way goes through. */
    void stop() {
        stopping = true;
        wakeUp.ring();
    }

    /** @return whether there may be more to start at once */
    private boolean pick() {
        try {
            listen();
            running.wantRoom(true); // First: a run that ends during the look is not overlooked.
            boolean more = startNext();
            outage.back("The queue and the locks are back; starting jobs again");
            return more;
        } catch (DataAccessException | TransactionException unavailable) {
            outage.away(
                    "No job can be started. Waiting jobs are kept and running ones go on; trying again every "
                            + pollInterval,
                    unavailable);
        } catch (RuntimeException | Error unexpected) {
            log.error("The queue could not be looked at, trying again", unexpected);
        }
        return false;
    }

    /** Without wake-up calls there is still the polling. */
    private void listen() {
        try {
            wakeUp.listen();
        } catch (DataAccessException refused) {
            log.debug("No wake-up calls are heard", refused);
        }
    }

    private boolean startNext() {
        if (parking.look()) {
            startWithoutPlace();
        }
        if (!running.hasMemory()) {
            return false; // The end of a run rings the bell.
        }
        boolean isFull = running.capacity() == 0;
        // On a full runner, a caller that has less of it than others may start jobs all the same.
        int capacity = isFull ? BATCH : Math.min(BATCH, running.capacity());
        Shares shares = new Shares(callers.had(), isFull ? running.sated() : Set.of());
        toBegin.recount();
        Set<CallersRegion> full = toBegin.full();
        Sizes sizes = running.sizes();
        // A few more than there is capacity for: another runner may be starting the first of them.
        Set<Long> aside = locks.setAside();
        int asked = capacity + SPARE + aside.size();
        List<Waiting> front = queue.next(shares, full, parking.closedHere(), sizes, asked);
        // What this look does not see waits for a region, which rings the bell itself, or for memory.
        running.wantRoom(isFull || !front.isEmpty() || !sizes.equals(Sizes.ALL));
        Deque<Waiting> waiting = new ArrayDeque<>(front);
        waiting.removeIf(job -> aside.contains(job.jobId()));
        int started = 0;
        while (!waiting.isEmpty() && started < capacity && !stopping) {
            List<Waiting> batch = running.fitting(waiting, capacity - started);
            if (batch.isEmpty()) {
                break;
            }
            started += start(batch, Place.TAKEN);
        }
        boolean moreToPark = !isFull && park(shares, front.size() < asked ? null : front.getLast());
        // Jobs set aside just now, those of a region that turned out to be full, and those for whose texts there turned
        // out to be no memory, may have hidden others.
        boolean hid = !aside.containsAll(locks.setAside())
                || !full.containsAll(toBegin.full())
                || !sizes.equals(running.sizes());
        return !stopping && (started == capacity || moreToPark || hid);
    }

    /** Trials of closed regions, and what only has to be brought to its end: none of them waits for the jobs of others. */
    private void startWithoutPlace() {
        Set<Long> aside = locks.setAside();
        List<Waiting> due = queue.due(running.capacity() > 0, BATCH + aside.size()).stream()
                .filter(job -> !aside.contains(job.jobId()))
                .toList();
        start(due.stream().filter(job -> !job.regions().isEmpty()).toList(), Place.NONE);
        start(
                running.inMemory(due.stream()
                        .filter(job -> job.regions().isEmpty())
                        .limit(running.capacity())
                        .toList()),
                Place.TAKEN);
        start(running.inMemory(parking.trials()), Place.TRIAL);
    }

    /**
     * Parks the jobs whose turn has come, but whose regions are all closed.
     *
     * @param last the last job whose turn has come; null when it is everyone's
     * @return whether there may be more
     */
    private boolean park(Shares shares, @Nullable Waiting last) {
        Set<String> closed = parking.closed();
        if (closed.isEmpty()) {
            return false;
        }
        List<Waiting> jobs = queue.toPark(shares, closed, BATCH).stream()
                .filter(job -> last == null || job.isBefore(last))
                .toList();
        queue.park(jobs);
        return jobs.size() == BATCH;
    }

    /** @return how many were started; the others are another runner's, or have changed */
    private int start(List<Waiting> jobs, Place place) {
        int started = 0;
        List<Waiting> together = new ArrayList<>();
        long bytes = 0;
        for (Waiting job : jobs) {
            if (bytes + job.textBytes() > READ_TOGETHER && !together.isEmpty()) {
                started += startTogether(together, place);
                together.clear();
                bytes = 0;
            }
            together.add(job);
            bytes += job.textBytes();
        }
        return together.isEmpty() ? started : started + startTogether(together, place);
    }

    private int startTogether(List<Waiting> batch, Place place) {
        Map<Long, JobLock> acquired = new LinkedHashMap<>();
        locks.tryAcquire(batch.stream().map(Waiting::jobId).toList()).forEach(lock -> acquired.put(lock.jobId(), lock));
        int started = 0;
        try {
            for (StartedJob job : queue.start(batch.stream()
                    .filter(waiting -> acquired.containsKey(waiting.jobId()))
                    .toList())) {
                running.begin(
                        job, Objects.requireNonNull(acquired.remove(job.run().jobId())), place);
                started++;
            }
        } finally {
            acquired.values().forEach(locks::giveBack);
        }
        return started;
    }
}
