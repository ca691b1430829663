package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.execution.OutageLog;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

    /** Takes nothing any more. A job that is being started now is started. */
    void stop() {
        stopping = true;
        wakeUp.ring();
    }

    /** Looks once, and says whether it is worth to look again at once. */
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

    /** Without the calls there is still the polling. */
    private void listen() {
        try {
            wakeUp.listen();
        } catch (DataAccessException refused) {
            log.debug("No wake-up calls are heard", refused);
        }
    }

    private boolean startNext() {
        int room = Math.min(BATCH, running.room());
        if (room == 0) {
            return false; // The end of a run rings the bell.
        }
        // A few more than there is room for: the first may be locked by a runner that is just starting them.
        Deque<JobQueue.Waiting> waiting = new ArrayDeque<>(queue.next(room + SPARE));
        int started = 0;
        while (!waiting.isEmpty() && started < room && !stopping) {
            List<JobQueue.Waiting> batch = running.fitting(waiting, room - started);
            if (batch.isEmpty()) {
                return false;
            }
            started += start(batch);
        }
        return !stopping && started == room;
    }

    /** Returns how many were started; the others are another runner's, or have changed. */
    private int start(List<JobQueue.Waiting> batch) {
        Map<Long, HeldLock> held = new LinkedHashMap<>();
        locks.tryAcquire(batch.stream().map(JobQueue.Waiting::jobId).toList())
                .forEach(lock -> held.put(lock.jobId(), lock));
        int started = 0;
        try {
            for (StartedJob job : queue.start(batch.stream()
                    .filter(waiting -> held.containsKey(waiting.jobId()))
                    .toList())) {
                running.run(job, Objects.requireNonNull(held.remove(job.run().jobId())));
                started++;
            }
        } finally {
            held.values().forEach(locks::giveBack);
        }
        return started;
    }
}
