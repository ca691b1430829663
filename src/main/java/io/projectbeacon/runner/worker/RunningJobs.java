package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.database.Pause;
import io.projectbeacon.runner.execution.CellRunner;
import io.projectbeacon.runner.job.EndedCells;
import io.projectbeacon.runner.job.JobQueue.Sizes;
import io.projectbeacon.runner.job.JobQueue.Waiting;
import io.projectbeacon.runner.job.StartedJob;
import io.projectbeacon.runner.job.WakeUp;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** The jobs that this replica runs now, until each is finished and its lock is given back. */
@Component
class RunningJobs {

    private static final Logger log = LoggerFactory.getLogger(RunningJobs.class);

    /** What a run takes of the places for jobs. */
    enum Place {
        TAKEN,
        /** It will make no call. */
        NONE,
        /** It tries out regions that take no calls; there are few of these at a time. */
        TRIAL
    }

    private final CellRunner cellRunner;
    private final EndedCells endedCells;
    private final CellsToBegin toBegin;
    private final CellPlaces places;
    private final RunFinisher finisher;
    private final WakeUp wakeUp;
    private final BeaconMetrics metrics;
    private final JobPlaces jobPlaces;
    private final HeldText text;
    private final Map<Long, JobRun> runs = new ConcurrentHashMap<>();

    /** Whether a job may wait in the queue for what the end of a run gives back. */
    private volatile boolean roomIsWanted = true;

    RunningJobs(
            CellRunner cellRunner,
            EndedCells endedCells,
            CellsToBegin toBegin,
            CellPlaces places,
            RunFinisher finisher,
            WakeUp wakeUp,
            BeaconMetrics metrics,
            WorkerProperties properties) {
        this.cellRunner = cellRunner;
        this.endedCells = endedCells;
        this.toBegin = toBegin;
        this.places = places;
        this.finisher = finisher;
        this.wakeUp = wakeUp;
        this.metrics = metrics;
        this.jobPlaces = new JobPlaces(properties.maxJobs(), properties.maxCells());
        this.text = new HeldText(properties.textBytes());
    }

    /**
     * Tells whether jobs wait for room here. Only then does the end of a run ring the bell: otherwise nine looks at the queue in
     * ten would be for such ends, and start nothing.
     */
    void wantRoom(boolean wanted) {
        roomIsWanted = wanted;
    }

    /** How many more jobs may be started; none while the running ones have many cells, or texts. */
    int capacity() {
        return hasMemory() ? jobPlaces.free() : 0;
    }

    /** Whether there may be memory for the text of a further job. */
    boolean hasMemory() {
        text.recount();
        return !text.isFull();
    }

    /** As {@link #capacity}, for one who only looks. */
    boolean takesMore() {
        return !text.isFull() && jobPlaces.free() > 0;
    }

    /** Callers of which no further job is started now: they have as much of this runner as they may. */
    Set<String> sated() {
        return jobPlaces.sated();
    }

    /** Of which sizes there may be memory for the texts of further jobs. */
    Sizes sizes() {
        return text.sizes();
    }

    /**
     * Takes jobs from the front of the queue for which there is capacity beside the running ones, and passes over those whose
     * regions are full, whose callers have as much as they may, or for whose text there is no memory. The last one may have more
     * cells than are left.
     *
     * @param jobs how many at most
     */
    List<Waiting> fitting(Deque<Waiting> queue, int jobs) {
        JobPlaces planned = jobPlaces.copy();
        CellsToBegin.Room room = toBegin.room();
        HeldText.Room memory = text.room();
        List<Waiting> taken = new ArrayList<>();
        while (!queue.isEmpty() && taken.size() < jobs) {
            Waiting next = queue.remove();
            if (planned.isFreeFor(next.caller()) && room.takes(next) && memory.takes(next)) {
                planned.add(next.caller(), 1, next.weight());
                taken.add(next);
            }
        }
        return taken;
    }

    /** Those jobs for whose texts there is memory beside the running ones. */
    List<Waiting> inMemory(List<Waiting> jobs) {
        return jobs.stream().filter(text.room()::takes).toList();
    }

    Collection<JobRun> all() {
        return runs.values();
    }

    /** Begins the run of a job that this runner has locked and started. */
    void begin(StartedJob job, JobLock lock, Place place) {
        if (job.waited() != null) {
            metrics.jobWaitedInQueue(job.waited());
        }
        JobRun run = new JobRun(job, lock, cellRunner, endedCells, toBegin, places, place == Place.TRIAL);
        String caller = job.run().caller();
        int ofPlaces = place == Place.TAKEN ? 1 : 0;
        jobPlaces.add(caller, ofPlaces, job.weight());
        text.hold(job.textBytes());
        JobRun before = runs.put(job.run().jobId(), run);
        if (before != null) {
            before.stop().lose("A newer run of the job has begun here");
        }
        log.atInfo()
                .addKeyValue("job_id", job.run().jobspecId())
                .addKeyValue("fence", job.run().fence())
                .addKeyValue("cells", job.cells().size())
                .addKeyValue("lock_acquire_ms", Millis.of(lock.acquisition()))
                .log("Job started");
        run.begin(() -> Thread.ofVirtual().name("finish-" + job.run().jobId()).start(() -> {
            try {
                finisher.finish(run);
            } finally {
                runs.remove(job.run().jobId(), run);
                jobPlaces.add(caller, -ofPlaces, -job.weight());
                text.release(job.textBytes());
                if (roomIsWanted) {
                    wakeUp.ring();
                }
            }
        }));
    }

    /**
     * Begins no more cells, and waits for the calls under way.
     *
     * @return whether all have ended in time
     */
    boolean drain(Duration limit) {
        runs.values().forEach(run -> run.stop().drain());
        return allEndWithin(limit);
    }

    /** Interrupts the calls under way, and waits for their runs to give the jobs back. */
    boolean interrupt(Duration limit) {
        runs.values().forEach(run -> run.stop().interrupt());
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
