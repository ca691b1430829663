package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.OnUnknown;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.execution.CellOutcome;
import io.projectbeacon.runner.execution.CellRunner;
import io.projectbeacon.runner.execution.RunHandle;
import io.projectbeacon.runner.job.EndedCells;
import io.projectbeacon.runner.job.JobFinisher.Waits;
import io.projectbeacon.runner.job.StartedJob;
import io.projectbeacon.runner.logs.FirstLines;
import io.projectbeacon.runner.region.Closure;
import io.projectbeacon.runner.region.RegionSlot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.springframework.dao.DataAccessException;

/**
 * One run of a job: begins its cells, and waits for them.
 *
 * <p>Each region has a feeder, which takes a place for a cell before it begins it. So a job has no more threads
 * than calls in flight and regions, however many cells it has, and a slow region does not hold up another.
 *
 * <p>When every cell that is left waits for long, the run ends, and its job is parked: see {@link Parking}.
 */
final class JobRun {

    private static final Logger log = LoggerFactory.getLogger(JobRun.class);

    private static final String BROKEN = "A cell broke; the job will go back to the queue";
    private static final String UNCHECKED =
            "The existence check could not be made, so the cell was not let through; the job goes back to the queue";

    /** For answers that are on their way already when the job is found to be lost, after a pause of this process. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    /** Why a run ends. The later of two constants is the one that counts. */
    enum EndReason {
        /** Nothing went wrong: it has come to each cell, or the service is stopping. */
        REGULAR,
        /** All that is left waits: for its regions to take calls, or for the time of its next attempts. */
        PARKED,
        /** A cell could not be brought to an end; trying again at once would most likely fail again. */
        GAVE_UP,
        /** The job's time was up before its cells had ended. */
        EXPIRED,
        /** The job was cancelled, or has gone to another run: nothing may be written for it any more. */
        LOST
    }

    private final StartedJob job;
    private final JobLock lock;
    private final CellRunner cellRunner;
    private final EndedCells endedCells;
    private final CellsToBegin toBegin;
    private final CellPlaces places;
    private final boolean trial;
    private final CellWaits waits = new CellWaits();
    private final ExecutorService feeders;
    private final ExecutorService cells;
    private final AtomicReference<EndReason> endReason = new AtomicReference<>(EndReason.REGULAR);
    private final CountDownLatch cellsDone = new CountDownLatch(1);
    private volatile boolean changedCells;
    private final FirstLines duplicateLines = new FirstLines();
    private final FirstLines uncheckedLines = new FirstLines();
    private final FirstLines brokenLines = new FirstLines();

    /** How many cells of each region have not begun. */
    private final Map<String, AtomicInteger> notBegun;

    private volatile @Nullable Waits parkedFor;

    /** @param trial whether it is to find out if its regions take calls again */
    JobRun(
            StartedJob job,
            JobLock lock,
            CellRunner cellRunner,
            EndedCells endedCells,
            CellsToBegin toBegin,
            CellPlaces places,
            boolean trial) {
        this.job = job;
        this.lock = lock;
        this.cellRunner = cellRunner;
        this.endedCells = endedCells;
        this.toBegin = toBegin;
        this.places = places;
        this.trial = trial;
        this.notBegun = job.cells().stream()
                .collect(Collectors.groupingBy(
                        CellWork::region,
                        Collectors.collectingAndThen(
                                Collectors.counting(), count -> new AtomicInteger(Math.toIntExact(count)))));
        this.notBegun.forEach((region, left) -> toBegin.hold(run().caller(), region, left.get()));
        this.feeders = threads("feeder-");
        this.cells = threads("cell-");
    }

    Run run() {
        return job.run();
    }

    JobLock lock() {
        return lock;
    }

    EndReason endReason() {
        return endReason.get();
    }

    Duration timeLeft() {
        return job.timeLeft();
    }

    /** Whether it has made an attempt at some cell. */
    boolean hasChangedCells() {
        return changedCells;
    }

    /** Whether no cell is under way any more, and none will be begun: what follows is the finish of the run. */
    boolean areCellsDone() {
        return cellsDone.getCount() == 0;
    }

    /**
     * Comes to every cell once; returns when the last has ended, or the run was stopped and nothing is under way. When
     * the job's time is up, calls under way are interrupted.
     */
    void comeToEachCell() {
        if (job.timeLeft().isPositive()) {
            Thread.ofVirtual().name("deadline-" + run().jobId()).start(this::watchTheTime);
        } else {
            expire(); // Here, not by the watch: a cell could be called before the watch has begun.
        }
        try (cells;
                feeders) {
            Map<String, List<CellWork>> byRegion = cellsLeft().stream()
                    .collect(Collectors.groupingBy(CellWork::region, LinkedHashMap::new, Collectors.toList()));
            waits.add(byRegion.entrySet().stream()
                    .collect(Collectors.toMap(
                            Map.Entry::getKey, region -> region.getValue().size())));
            byRegion.forEach((region, work) -> feeders.execute(() -> feed(region, work)));
        } catch (RejectedExecutionException stopped) {
            log.debug("Stopped before it began", stopped);
        } catch (DataAccessException away) {
            endBecauseOf(EndReason.GAVE_UP);
            log.atError()
                    .addKeyValue("job_id", run().jobspecId())
                    .setCause(away)
                    .log("It cannot be seen which cells have ended, so none is begun; the job goes back to the queue");
        } finally {
            notBegun.forEach((region, left) -> toBegin.release(run().caller(), region, left.getAndSet(0)));
            logFurther();
            cellsDone.countDown();
        }
    }

    private void logFurther() {
        duplicateLines.rest(further -> about(log.atWarn(), further).log("{}, further ones", CellRunner.AUTO_STOP));
        uncheckedLines.rest(further -> about(log.atError(), further).log("{}, further ones", UNCHECKED));
        brokenLines.rest(further -> about(log.atError(), further).log("{}, further ones", BROKEN));
    }

    private LoggingEventBuilder about(LoggingEventBuilder line, int further) {
        return line.addKeyValue("job_id", run().jobspecId()).addKeyValue("further", further);
    }

    private LoggingEventBuilder about(LoggingEventBuilder line, CellWork cell) {
        return line.addKeyValue("job_id", run().jobspecId())
                .addKeyValue("region", cell.region())
                .addKeyValue("model_id", cell.modelId());
    }

    /**
     * The cells that this run is to begin. Those that are completed are come to at once, so that each is stopped and counted
     * however long the others wait; and by one run only, however often the job is parked in between.
     */
    private List<CellWork> cellsLeft() {
        if (run().cause() == RunCause.SUBMISSION && !job.completedMet()) {
            return job.cells();
        }
        Map<Cell, ExecutionStatus> ended = endedCells.of(run());
        List<CellWork> left = new ArrayList<>();
        for (CellWork cell : job.cells()) {
            ExecutionStatus status = ended.get(new Cell(run().jobId(), cell.region(), cell.modelId()));
            if (status == null) {
                left.add(cell);
                continue;
            }
            forget(cell);
            if (status == ExecutionStatus.COMPLETED && !job.completedMet()) {
                comeTo(cell);
            }
        }
        return left;
    }

    /** Comes to a cell that is completed, which needs no place: its claim stops it. */
    private void comeTo(CellWork completed) {
        if (waits.beginUnasked()) {
            cells.execute(() -> process(completed, places.of(completed, slot(completed.region())), false));
        }
    }

    private void forget(CellWork cell) {
        Objects.requireNonNull(notBegun.get(cell.region())).decrementAndGet();
        toBegin.release(run().caller(), cell.region(), 1);
    }

    /** Whether this run is one of those that find out if a region takes calls again. */
    boolean tries(String region) {
        return trial && notBegun.containsKey(region);
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
            endBecauseOf(EndReason.PARKED);
        });
        if (parkedFor != null) {
            feeders.shutdownNow();
        }
    }

    /** What its cells wait for, by region. */
    Map<String, CellWaits.Waiting> waiting() {
        return waits.waiting();
    }

    /** What a parked run waits for. */
    Waits waits() {
        return Objects.requireNonNull(parkedFor);
    }

    private void watchTheTime() {
        if (!cellsDoneWithin(job.timeLeft())) {
            expire();
        }
    }

    private void expire() {
        endBecauseOf(EndReason.EXPIRED);
        log.atWarn()
                .addKeyValue("job_id", run().jobspecId())
                .addKeyValue("fence", run().fence())
                .log("The job's timeout has passed; interrupting its calls and ending it");
        interrupt();
    }

    /** Begins no cell any more; calls under way go on. */
    void drain() {
        waits.shut();
        feeders.shutdownNow();
    }

    /** Interrupts the calls under way; the next run of the job finds their attempts without an end. */
    void interrupt() {
        waits.shut();
        feeders.shutdownNow();
        cells.shutdownNow();
    }

    /**
     * The job is not this run's any more: begins nothing more for it. An answer that is on its way is still recorded,
     * if its cell has not been called again; so calls are interrupted a moment later, or not at all when the job asked
     * to hold, since then no other run makes them.
     */
    void lose(String why) {
        if (endBecauseOf(EndReason.LOST)) {
            log.atWarn()
                    .addKeyValue("job_id", run().jobspecId())
                    .addKeyValue("fence", run().fence())
                    .log("{}; beginning nothing more for it", why);
            if (run().onUnknown() != OnUnknown.HOLD) {
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
        if (!cellsDoneWithin(GRACE)) {
            interrupt();
        }
    }

    /** @return whether the reason is new, and outweighs an earlier one */
    private boolean endBecauseOf(EndReason reason) {
        EndReason before = endReason.getAndAccumulate(reason, (one, other) -> one.compareTo(other) > 0 ? one : other);
        return before.compareTo(reason) < 0;
    }

    private boolean cellsDoneWithin(Duration time) {
        try {
            return cellsDone.await(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException("this thread is never interrupted", e);
        }
    }

    private void feed(String region, List<CellWork> work) {
        try {
            places.fairStart(work.getFirst())
                    .beginAll(work, () -> slot(region), (cell, slot) -> begin(cell, places.of(cell, slot)));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private RegionSlot slot(String region) {
        return places.slot(region, run().caller());
    }

    /** @return whether it has begun; if not, the run was stopped */
    private boolean begin(CellWork cell, CellPlace place) throws InterruptedException {
        boolean begun = false;
        try {
            place.takeMemory();
            if (waits.begin(cell.region())) {
                forget(cell);
                cells.execute(() -> process(cell, place, true));
                begun = true;
            }
        } catch (RejectedExecutionException stopped) {
            log.debug("Stopped before the cell began", stopped);
        } finally {
            if (!begun) {
                place.giveBack();
            }
        }
        return begun;
    }

    private void process(CellWork cell, CellPlace place, boolean waitsForRegion) {
        try {
            switch (cellRunner.process(run(), cell, new CellHandle(cell.region(), place, waitsForRegion))) {
                case CellOutcome.Ended ended -> changedCells = true;
                case CellOutcome.DuplicateSkipped skipped -> {}
                case CellOutcome.AlreadyEnded ended -> {}
                case CellOutcome.PutOff putOff -> changedCells = true;
                case CellOutcome.RunReplaced replaced -> lose("The run has been replaced");
                case CellOutcome.CheckFailed failed -> giveUp(cell, failed);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException unexpected) {
            endBecauseOf(EndReason.GAVE_UP);
            if (brokenLines.oneMore()) {
                about(log.atError(), cell).setCause(unexpected).log(BROKEN);
            }
        } finally {
            waits.end();
            place.giveBack();
        }
    }

    private void giveUp(CellWork cell, CellOutcome.CheckFailed failed) {
        endBecauseOf(EndReason.GAVE_UP);
        if (uncheckedLines.oneMore()) {
            about(log.atError(), cell).setCause(failed.cause()).log(UNCHECKED);
        }
        drain();
    }

    /** Gives the cell's place back while it waits for its next attempt. */
    private final class CellHandle implements RunHandle {

        private final String region;
        private final CellPlace place;
        private final boolean waitsForRegion;

        CellHandle(String region, CellPlace place, boolean waitsForRegion) {
            this.region = region;
            this.place = place;
            this.waitsForRegion = waitsForRegion;
        }

        @Override
        public boolean awaitLease() throws InterruptedException {
            return lock.awaitLease();
        }

        @Override
        public boolean await(RegionWait wait) throws InterruptedException {
            return !waitsForRegion || waits.during(region, Duration.ZERO, () -> place.await(wait));
        }

        @Override
        public boolean logsDuplicate() {
            return duplicateLines.oneMore();
        }

        @Override
        public boolean pause(Duration atLeast) throws InterruptedException {
            return waits.during(region, atLeast, () -> {
                place.giveBack();
                TimeUnit.NANOSECONDS.sleep(atLeast.toNanos());
                place.takeAgain();
            });
        }
    }

    private static ExecutorService threads(String prefix) {
        return Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name(prefix, 0).factory());
    }
}
