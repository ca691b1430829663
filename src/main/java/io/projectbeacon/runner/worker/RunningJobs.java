package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.execution.CellRunner;
import io.projectbeacon.runner.execution.RunCause;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** The jobs that this replica holds now: each has a thread that takes its run to the end. */
@Component
class RunningJobs {

    private static final Logger log = LoggerFactory.getLogger(RunningJobs.class);

    private final CellRunner cellRunner;
    private final RegionLimits limits;
    private final RunEnd runEnd;
    private final WakeUp wakeUp;
    private final BeaconMetrics metrics;
    private final Semaphore slots;
    private final long maxCells;
    private final AtomicLong weight = new AtomicLong();
    private final Map<Long, JobRun> runs = new ConcurrentHashMap<>();

    RunningJobs(
            CellRunner cellRunner,
            RegionLimits limits,
            RunEnd runEnd,
            WakeUp wakeUp,
            BeaconMetrics metrics,
            WorkerProperties properties) {
        this.cellRunner = cellRunner;
        this.limits = limits;
        this.runEnd = runEnd;
        this.wakeUp = wakeUp;
        this.metrics = metrics;
        this.slots = new Semaphore(properties.maxJobs());
        this.maxCells = properties.maxCells();
    }

    /** How many more jobs may be held; none while those that are held have many cells. */
    int room() {
        return weight.get() < maxCells ? slots.availablePermits() : 0;
    }

    /**
     * Takes from the front of the queue what may be held beside what is held, a number of jobs at most. The last one may
     * take more than there is room for.
     */
    List<JobQueue.Waiting> fitting(Deque<JobQueue.Waiting> queue, int jobs) {
        long held = weight.get();
        List<JobQueue.Waiting> taken = new ArrayList<>();
        while (!queue.isEmpty() && taken.size() < jobs && held < maxCells) {
            JobQueue.Waiting next = queue.remove();
            held += next.weight();
            taken.add(next);
        }
        return taken;
    }

    Collection<JobRun> all() {
        return runs.values();
    }

    /** Runs a job whose lock is held; there must be room for it. */
    void run(StartedJob job, HeldLock lock) {
        if (job.run().cause() != RunCause.REDELIVERY) {
            metrics.jobWaitedInQueue(job.waited());
        }
        JobRun run = new JobRun(job, lock, cellRunner, limits);
        slots.acquireUninterruptibly();
        weight.addAndGet(job.weight());
        JobRun before = runs.put(job.run().jobId(), run);
        if (before != null) {
            before.lose("A newer run of the job has begun here");
        }
        log.atInfo()
                .addKeyValue("job_id", job.run().jobspecId())
                .addKeyValue("fence", job.run().fence())
                .addKeyValue("cells", job.cells().size())
                .addKeyValue("lock_acquire_ms", Millis.of(lock.acquisition()))
                .log("Job started");
        Thread.ofVirtual().name("job-" + job.run().jobId()).start(() -> {
            try {
                run.comeToEachCell();
                runEnd.end(run);
            } finally {
                runs.remove(job.run().jobId(), run);
                weight.addAndGet(-job.weight());
                slots.release();
                wakeUp.ring();
            }
        });
    }

    /**
     * Starts no more cells, and waits for the calls under way.
     *
     * @return whether all have ended in time
     */
    boolean drain(Duration limit) {
        runs.values().forEach(JobRun::drain);
        return allEndWithin(limit);
    }

    /** Interrupts the calls under way, and waits for their runs to give the jobs back. */
    boolean interrupt(Duration limit) {
        runs.values().forEach(JobRun::interrupt);
        return allEndWithin(limit);
    }

    private boolean allEndWithin(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!runs.isEmpty() && deadline - System.nanoTime() > 0) {
            Pause.of(Duration.ofMillis(20));
        }
        return runs.isEmpty();
    }
}
