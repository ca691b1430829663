package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.domain.OnUnknown;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.job.JobFinisher.Waits;
import io.projectbeacon.runner.region.Closure;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that stops a run before it has come to each cell: a drain, its deadline, a cancel, another run of the job, and regions
 * that take no calls. All shut one gate, behind which no cell begins and no call is made; some interrupt the calls under way.
 */
final class RunStop {

    private static final Logger log = LoggerFactory.getLogger(JobRun.class);

    /** For answers that are on their way already when the job is found to be lost, after a pause of this process. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    private final Run run;
    private final JobLock lock;
    private final long deadline;
    private final CellWaits waits;
    private final RunThreads feeders;
    private final RunThreads cells;
    private final AtomicReference<EndReason> endReason = new AtomicReference<>(EndReason.REGULAR);
    private final AtomicBoolean expired = new AtomicBoolean();
    private volatile @Nullable Waits parkedFor;

    /** When a lost job's calls are interrupted, by {@link System#nanoTime}; null when they are not to be. */
    private volatile @Nullable Long graceEnds;

    /** @param deadline of the job, by {@link System#nanoTime} */
    RunStop(Run run, JobLock lock, long deadline, CellWaits waits, RunThreads feeders, RunThreads cells) {
        this.run = run;
        this.lock = lock;
        this.deadline = deadline;
        this.waits = waits;
        this.feeders = feeders;
        this.cells = cells;
    }

    EndReason reason() {
        return endReason.get();
    }

    /** Until the deadline; not positive when it has passed. */
    Duration timeLeft() {
        return Duration.ofNanos(deadline - System.nanoTime());
    }

    /** Whether a call may begin. None does once the job's time is up: the first look that sees it ends the run. */
    boolean mayCall() {
        expireIfTimeIsUp();
        return !waits.isShut();
    }

    /** Ends the run when its time is up, and interrupts calls that were given a moment. To be called several times a second. */
    void lookAtTheTime() {
        expireIfTimeIsUp();
        Long ends = graceEnds;
        if (ends != null && ends - System.nanoTime() <= 0) {
            graceEnds = null;
            interrupt();
        }
    }

    private void expireIfTimeIsUp() {
        if (timeLeft().isPositive() || !expired.compareAndSet(false, true)) {
            return;
        }
        if (because(EndReason.EXPIRED)) {
            log.atWarn()
                    .addKeyValue("job_id", run.jobspecId())
                    .addKeyValue("fence", run.fence())
                    .log("The job's timeout has passed; interrupting its calls and ending it");
        }
        interrupt();
    }

    /** Begins no cell any more; calls under way go on. */
    void drain() {
        waits.shut();
        feeders.interrupt();
    }

    /** Interrupts the calls under way; the next run of the job finds their attempts without an end. */
    void interrupt() {
        drain();
        cells.interrupt();
    }

    /**
     * The job is not this run's any more: begins nothing more for it. An answer that is on its way is still recorded,
     * if its cell has not been called again; so calls are interrupted a moment later, or not at all when the job asked
     * to hold, since then no other run makes them.
     */
    void lose(String why) {
        if (because(EndReason.LOST)) {
            log.atWarn()
                    .addKeyValue("job_id", run.jobspecId())
                    .addKeyValue("fence", run.fence())
                    .log("{}; beginning nothing more for it", why);
            if (run.onUnknown() != OnUnknown.HOLD) {
                graceEnds = System.nanoTime() + GRACE.toNanos();
            }
        }
        lock.lose();
        drain();
    }

    /** The job was cancelled: interrupts its calls at once. */
    void cancel() {
        lose("The job was cancelled");
        interrupt();
    }

    /** A cell could not be brought to an end. */
    void giveUp() {
        because(EndReason.GAVE_UP);
    }

    /**
     * Ends the run, if every cell that is left waits for long.
     *
     * @param closed the regions that take no calls now
     */
    void parkIfAllWait(Map<String, Closure> closed) {
        // The reason first: a cell that finds the gate shut may be the last, and the finish of the run asks for it.
        waits.shutIfAllWait(closed, all -> {
            parkedFor = all;
            because(EndReason.PARKED);
        });
        if (parkedFor != null) {
            feeders.interrupt();
        }
    }

    /** What a parked run waits for. */
    Waits parkedFor() {
        return Objects.requireNonNull(parkedFor);
    }

    /** @return whether the reason is new, and outweighs an earlier one */
    private boolean because(EndReason reason) {
        EndReason before = endReason.getAndAccumulate(reason, (one, other) -> one.compareTo(other) > 0 ? one : other);
        return before.compareTo(reason) < 0;
    }
}
