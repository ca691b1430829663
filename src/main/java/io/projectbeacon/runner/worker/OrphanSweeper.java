package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.database.OutageLog;
import io.projectbeacon.runner.job.JobQueue;
import io.projectbeacon.runner.job.JobQueue.Running;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Finds running jobs whose runner has gone, and puts them back into the queue; {@link WorkerPool} runs it at intervals.
 *
 * <p>A runner that lives renews its lock, or sets it again when Redis has lost it, within a third of the TTL; one that
 * cannot, because it does not reach Redis or because the key is no lock any more, has a lease from the database, which
 * {@link JobQueue#takeBack} respects. So a job without either for a whole TTL has no living runner. If its runner was only
 * paused for that long, its run has been replaced when it wakes, and the fence stops it. The next run's claims decide what
 * becomes of the cells whose calls were under way.
 */
@Component
class OrphanSweeper {

    private static final Logger log = LoggerFactory.getLogger(OrphanSweeper.class);

    private final OutageLog outage = new OutageLog(log);
    private final JobQueue queue;
    private final JobLocks locks;
    private final Duration ttl;
    private final Map<Running, Long> missingSince = new HashMap<>();

    OrphanSweeper(JobQueue queue, JobLocks locks, LockProperties properties) {
        this.queue = queue;
        this.locks = locks;
        this.ttl = properties.ttl();
    }

    /** Puts every running job back into the queue at once. Only for a process that is known to be the only one on its data. */
    int resumeAll() {
        int taken = 0;
        for (Running job : queue.running()) {
            if (queue.resume(job)) {
                taken++;
            }
        }
        return taken;
    }

    /**
     * Looks once.
     *
     * @return how many jobs went back to the queue
     */
    synchronized int sweep() {
        try {
            int taken = takeBackOrphans(queue.running());
            outage.back("Orphaned jobs are looked for again");
            return taken;
        } catch (DataAccessException away) {
            // Without an answer nothing is known of the locks: the time they were missing starts anew.
            missingSince.clear();
            outage.away("Orphaned jobs cannot be looked for; trying again", away);
            return 0;
        }
    }

    private int takeBackOrphans(List<Running> running) {
        Map<Long, LockState> states =
                locks.look(running.stream().map(Running::jobId).toList());
        long now = System.nanoTime();
        Map<Running, Long> missing = new HashMap<>();
        int taken = 0;
        for (Running job : running) {
            LockState state = Objects.requireNonNull(states.get(job.jobId()));
            if (state == LockState.HELD || state == LockState.UNANSWERED) {
                continue;
            }
            long since = missingSince.getOrDefault(job, now);
            // Longer for a lock that has lost its TTL: it does not tell when its runner last renewed it.
            Duration patience = state == LockState.ENDLESS ? ttl.multipliedBy(2) : ttl;
            if (now - since < patience.toNanos()) {
                missing.put(job, since);
            } else if (!queue.takeBack(job)) {
                missing.put(job, since); // It has a lease, has ended meanwhile, or its row is locked for a moment.
            } else {
                taken++;
                log.warn(
                        "The runner of job {} (fence {}) has been gone for {}; the job goes back to the queue",
                        job.jobId(),
                        job.fence(),
                        ttl);
            }
        }
        missingSince.clear();
        missingSince.putAll(missing);
        return taken;
    }
}
