package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.database.OutageLog;
import io.projectbeacon.runner.job.JobQueue;
import io.projectbeacon.runner.job.JobQueue.Waiting;
import io.projectbeacon.runner.job.StartedJob;
import io.projectbeacon.runner.job.WakeUp;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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

    private final OutageLog outage = new OutageLog(log);
    private final JobQueue queue;
    private final JobLocks locks;
    private final RunningJobs running;
    private final WakeUp wakeUp;
    private final Duration pollInterval;
    private volatile boolean stopping;

    JobPicker(JobQueue queue, JobLocks locks, RunningJobs running, WakeUp wakeUp, WorkerProperties properties) {
        this.queue = queue;
        this.locks = locks;
        this.running = running;
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
                    wakeUp.await(pollInterval);
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
        int capacity = Math.min(BATCH, running.capacity());
        if (capacity == 0) {
            return false; // The end of a run rings the bell.
        }
        // A few more than there is capacity for: another runner may be starting the first of them.
        Set<Long> aside = locks.setAside();
        Deque<Waiting> waiting = new ArrayDeque<>(queue.next(capacity + SPARE + aside.size()));
        waiting.removeIf(job -> aside.contains(job.jobId()));
        int started = 0;
        while (!waiting.isEmpty() && started < capacity && !stopping) {
            List<Waiting> batch = running.fitting(waiting, capacity - started);
            if (batch.isEmpty()) {
                return false;
            }
            started += start(batch);
        }
        // Jobs set aside just now may have hidden others behind them.
        return !stopping && (started == capacity || !aside.containsAll(locks.setAside()));
    }

    /** @return how many were started; the others are another runner's, or have changed */
    private int start(List<Waiting> batch) {
        Map<Long, JobLock> acquired = new LinkedHashMap<>();
        locks.tryAcquire(batch.stream().map(Waiting::jobId).toList()).forEach(lock -> acquired.put(lock.jobId(), lock));
        int started = 0;
        try {
            for (StartedJob job : queue.start(batch.stream()
                    .filter(waiting -> acquired.containsKey(waiting.jobId()))
                    .toList())) {
                running.begin(
                        job, Objects.requireNonNull(acquired.remove(job.run().jobId())));
                started++;
            }
        } finally {
            acquired.values().forEach(locks::giveBack);
        }
        return started;
    }
}
