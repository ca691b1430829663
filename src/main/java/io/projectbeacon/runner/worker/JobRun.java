package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.execution.CellOutcome;
import io.projectbeacon.runner.execution.CellRunner;
import io.projectbeacon.runner.execution.CellWork;
import io.projectbeacon.runner.execution.Run;
import io.projectbeacon.runner.execution.Turn;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
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

    /** For what a provider has answered already when the job is found to be lost, after a pause of this process. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    private final StartedJob job;
    private final HeldLock lock;
    private final CellRunner cellRunner;
    private final RegionLimits limits;
    private final ExecutorService feeders;
    private final ExecutorService cells;
    private final CountDownLatch draining = new CountDownLatch(1);
    private final CountDownLatch allDone = new CountDownLatch(1);
    private volatile boolean lost;
    private volatile boolean expired;
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

    /** Whether the job's time was up before its cells had ended. */
    boolean isExpired() {
        return expired;
    }

    /** Whether each cell has been come to, and what follows is the end of the run. */
    boolean isDone() {
        return allDone.getCount() == 0;
    }

    /** Whether nothing more will be done under this run: its lock is about to be given back. */
    boolean hasEnded() {
        return ended;
    }

    void ended() {
        ended = true;
    }

    /**
     * Comes to every cell once; returns when the last has ended, or the run was stopped and nothing is under way. When
     * the job's time is up, calls under way are interrupted.
     */
    void comeToEachCell() {
        if (job.timeLeft().isPositive()) {
            Thread.ofVirtual().name("deadline-" + run().jobId()).start(this::watchTheTime);
        } else {
            expire(); // Here, not by the watch: a cell could be called before it has begun.
        }
        try (cells;
                feeders) {
            Map<String, List<CellWork>> byRegion = job.cells().stream()
                    .collect(Collectors.groupingBy(CellWork::region, LinkedHashMap::new, Collectors.toList()));
            byRegion.forEach((region, work) -> feeders.execute(() -> feed(region, work)));
        } catch (RejectedExecutionException stopped) {
            log.debug("Stopped before it began", stopped);
        } finally {
            allDone.countDown();
        }
    }

    private void watchTheTime() {
        if (!done(job.timeLeft())) {
            expire();
        }
    }

    private void expire() {
        expired = true;
        log.atWarn()
                .addKeyValue("job_id", run().jobspecId())
                .addKeyValue("fence", run().fence())
                .log("The job's timeout has passed; interrupting its calls and ending it");
        interrupt();
    }

    /** Starts no cell any more; calls under way go on. */
    void drain() {
        draining.countDown();
        feeders.shutdownNow();
    }

    /** Interrupts the calls under way; who takes the job next finds their attempts without an end. */
    void interrupt() {
        draining.countDown();
        feeders.shutdownNow();
        cells.shutdownNow();
    }

    /**
     * The job is not this run's any more: begins nothing more for it. An answer that is on its way is still taken in, as
     * far as its cell has not been called again; so calls are interrupted a moment later, or not at all when the job
     * holds, since then nobody else makes them.
     */
    void lose(String why) {
        if (!lost) {
            lost = true;
            log.atWarn()
                    .addKeyValue("job_id", run().jobspecId())
                    .addKeyValue("fence", run().fence())
                    .log("{}; beginning nothing more for it", why);
            if (!run().holdsUnknown()) {
                Thread.ofVirtual().name("lost-" + run().jobId()).start(this::interruptWhatIsLeft);
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

    private void interruptWhatIsLeft() {
        if (!done(GRACE)) {
            interrupt();
        }
    }

    private boolean done(Duration within) {
        try {
            return allDone.await(within.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts this thread", e);
        }
    }

    private void feed(String region, List<CellWork> work) {
        try {
            limits.turn(region).beginAll(work, cell -> begin(cell, limits.permit(region)));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether it has begun; if not, the run was stopped. */
    private boolean begin(CellWork cell, RegionPermit permit) throws InterruptedException {
        permit.acquire();
        try {
            cells.execute(() -> runCell(cell, permit));
            return true;
        } catch (RejectedExecutionException stopped) {
            permit.release();
            return false;
        }
    }

    private void runCell(CellWork cell, RegionPermit permit) {
        try {
            switch (cellRunner.run(run(), cell, new CellTurn(permit))) {
                case CellOutcome.Ended ended -> {}
                case CellOutcome.DuplicateSkipped skipped -> {}
                case CellOutcome.Left left -> {}
                case CellOutcome.PutOff putOff -> {}
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
            permit.release();
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

    /** A cell gives its place in the region back while it waits for its next attempt. */
    private final class CellTurn implements Turn {

        private final RegionPermit permit;

        CellTurn(RegionPermit permit) {
            this.permit = permit;
        }

        @Override
        public boolean awaitLease() throws InterruptedException {
            return lock.await();
        }

        @Override
        public boolean pause(Duration atLeast) throws InterruptedException {
            permit.release();
            if (draining.await(atLeast.toNanos(), TimeUnit.NANOSECONDS)) {
                return false;
            }
            permit.acquire();
            return draining.getCount() > 0;
        }
    }

    private static ExecutorService threads(String prefix) {
        return Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name(prefix, 0).factory());
    }
}
