package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.execution.CellOutcome;
import io.projectbeacon.runner.execution.CellRunner;
import io.projectbeacon.runner.execution.CellWork;
import io.projectbeacon.runner.execution.Run;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of a job: fans its cells out, and waits for them.
 *
 * <p>Each region has a feeder, which takes a permit of the region before it starts a cell. So a job has no more threads
 * than calls in flight and regions, however many cells it has, and a slow region does not hold up another.
 */
final class JobRun {

    private static final Logger log = LoggerFactory.getLogger(JobRun.class);

    private final StartedJob job;
    private final HeldLock lock;
    private final CellRunner cellRunner;
    private final RegionLimits limits;
    private final ExecutorService feeders;
    private final ExecutorService cells;
    private volatile boolean lost;
    private volatile boolean gaveUp;
    private volatile boolean ended;

    JobRun(StartedJob job, HeldLock lock, CellRunner cellRunner, RegionLimits limits) {
        this.job = job;
        this.lock = lock;
        this.cellRunner = cellRunner;
        this.limits = limits;
        this.feeders = threads("feeder-");
        this.cells = threads("cell-");
    }

    Run run() {
        return job.run();
    }

    HeldLock lock() {
        return lock;
    }

    /** Whether the job has gone to another run. Nothing may be written for it any more. */
    boolean isLost() {
        return lost;
    }

    /** Whether a cell could not be brought to an end, so that trying again at once would most likely fail again. */
    boolean gaveUp() {
        return gaveUp;
    }

    /** Whether nothing more will be done under this run: its lock is about to be given back. */
    boolean hasEnded() {
        return ended;
    }

    void ended() {
        ended = true;
    }

    /** Comes to every cell once; returns when the last has ended, or the run was stopped and nothing is under way. */
    void comeToEachCell() {
        try (cells;
                feeders) {
            Map<String, List<CellWork>> byRegion = job.cells().stream()
                    .collect(Collectors.groupingBy(CellWork::region, LinkedHashMap::new, Collectors.toList()));
            byRegion.forEach((region, work) -> feeders.execute(() -> feed(region, work)));
        } catch (RejectedExecutionException stopped) {
            log.debug("Stopped before it began", stopped);
        }
    }

    /** Starts no cell any more; calls under way go on. */
    void drain() {
        feeders.shutdownNow();
    }

    /** Interrupts the calls under way; who takes the job next finds their attempts without an end. */
    void interrupt() {
        feeders.shutdownNow();
        cells.shutdownNow();
    }

    /** The job is another's: interrupts everything. */
    void lose(String why) {
        if (!lost) {
            lost = true;
            log.atWarn()
                    .addKeyValue("job_id", run().jobspecId())
                    .addKeyValue("fence", run().fence())
                    .log("{}; interrupting its calls, another run will finish the job", why);
        }
        lock.lose();
        interrupt();
    }

    private void feed(String region, List<CellWork> work) {
        try {
            for (CellWork cell : work) {
                limits.acquire(region);
                try {
                    cells.execute(() -> runCell(cell));
                } catch (RejectedExecutionException stopped) {
                    limits.release(region);
                    return;
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void runCell(CellWork cell) {
        try {
            switch (cellRunner.run(run(), cell, lock)) {
                case CellOutcome.Ended ended -> {}
                case CellOutcome.DuplicateSkipped skipped -> {}
                case CellOutcome.Left left -> {}
                case CellOutcome.TurnedAway turnedAway -> lose("The run has been replaced");
                case CellOutcome.CheckFailed failed -> giveUp(cell, failed);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException unexpected) {
            gaveUp = true;
            log.atError()
                    .addKeyValue("job_id", run().jobspecId())
                    .addKeyValue("region", cell.region())
                    .addKeyValue("model_id", cell.modelId())
                    .setCause(unexpected)
                    .log("A cell broke; the job will go back to the queue");
        } finally {
            limits.release(cell.region());
        }
    }

    private void giveUp(CellWork cell, CellOutcome.CheckFailed failed) {
        gaveUp = true;
        log.atError()
                .addKeyValue("job_id", run().jobspecId())
                .addKeyValue("region", cell.region())
                .addKeyValue("model_id", cell.modelId())
                .setCause(failed.cause())
                .log("The existence check could not be made, so the cell was not let through; the job goes back to"
                        + " the queue");
        drain();
    }

    private static ExecutorService threads(String prefix) {
        return Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name(prefix, 0).factory());
    }
}
