package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.execution.CellRunner;
import io.projectbeacon.runner.execution.ReadyCell;
import io.projectbeacon.runner.job.EndedCells;
import io.projectbeacon.runner.job.StartedJob;
import io.projectbeacon.runner.region.FairStart;
import io.projectbeacon.runner.region.RegionSlot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * One run of a job: begins its cells, and ends when the last of them is done with.
 *
 * <p>Each region has a feeder, a thread that takes a place for a cell before it begins it. So a slow region does not hold up
 * another. A cell has a thread while it waits or is called, and none while its claim or its end is written; it keeps its place
 * until its end is durable. The run is held open by its feeders and its cells, and whatever lets go last ends it.
 *
 * <p>When every cell that is left waits for long, the run ends, and its job is parked: see {@link Parking}.
 */
final class JobRun {

    private static final Logger log = LoggerFactory.getLogger(JobRun.class);

    private final StartedJob job;
    private final JobLock lock;
    private final CellRunner cellRunner;
    private final EndedCells endedCells;
    private final CellsToBegin toBegin;
    private final CellPlaces places;
    private final boolean trial;
    private final CellWaits waits = new CellWaits();
    private final RunThreads feeders = new RunThreads("feeder-");
    private final RunThreads cells = new RunThreads("cell-");
    private final RunStop stop;
    private final RunLog lines;

    /** What holds the run open: what begins cells, and the cells that have begun. */
    private final AtomicInteger open = new AtomicInteger();

    /** How many cells of each region have not begun. */
    private final Map<String, AtomicInteger> notBegun;

    private Runnable whenDone = () -> {};
    private volatile boolean cellsDone;
    private volatile boolean changedCells;

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
        long deadline = System.nanoTime() + job.timeLeft().toNanos();
        this.stop = new RunStop(job.run(), lock, deadline, waits, feeders, cells);
        this.lines = new RunLog(job.run());
        this.notBegun = job.cells().stream()
                .collect(Collectors.groupingBy(
                        CellWork::region,
                        Collectors.collectingAndThen(
                                Collectors.counting(), count -> new AtomicInteger(Math.toIntExact(count)))));
        this.notBegun.forEach((region, left) -> toBegin.hold(run().caller(), region, left.get()));
    }

    Run run() {
        return job.run();
    }

    JobLock lock() {
        return lock;
    }

    RunStop stop() {
        return stop;
    }

    /** The threads of its cells. */
    RunThreads cells() {
        return cells;
    }

    CellWaits waits() {
        return waits;
    }

    RunLog lines() {
        return lines;
    }

    /** An attempt at a cell was made. */
    void markChanged() {
        changedCells = true;
    }

    /** Whether it has made an attempt at some cell. */
    boolean hasChangedCells() {
        return changedCells;
    }

    /** Whether no cell is under way any more, and none will be begun: what follows is the finish of the run. */
    boolean areCellsDone() {
        return cellsDone;
    }

    /**
     * Begins to come to every cell, and does not wait.
     *
     * @param done is called once, when the last cell has been come to and its end is durable, or when the run was stopped
     *     and nothing is under way; to be over soon
     */
    void begin(Runnable done) {
        whenDone = done;
        open.set(1);
        Thread.ofVirtual().name("job-" + run().jobId()).start(() -> thenLetGo(this::comeToEachCell));
    }

    private void thenLetGo(Runnable step) {
        try {
            step.run();
        } finally {
            letGo();
        }
    }

    private void comeToEachCell() {
        // Not by the timer only: a job whose time is up comes without cells, and its run is over at once.
        stop.lookAtTheTime();
        try {
            Map<String, List<CellWork>> byRegion = cellsLeft().stream()
                    .collect(Collectors.groupingBy(CellWork::region, LinkedHashMap::new, Collectors.toList()));
            waits.add(byRegion.entrySet().stream()
                    .collect(Collectors.toMap(
                            Map.Entry::getKey, region -> region.getValue().size())));
            byRegion.values().stream().skip(1).forEach(work -> {
                open.incrementAndGet();
                try {
                    feeders.start(() -> thenLetGo(() -> feed(work)));
                } catch (RuntimeException | Error noThread) {
                    letGo();
                    throw noThread;
                }
            });
            byRegion.values().stream().findFirst().ifPresent(work -> feeders.run(() -> feed(work)));
        } catch (DataAccessException away) {
            stop.giveUp();
            log.atError()
                    .addKeyValue("job_id", run().jobspecId())
                    .setCause(away)
                    .log("It cannot be seen which cells have ended, so none is begun; the job goes back to the queue");
        }
    }

    /** Something that has held the run open is over. */
    void letGo() {
        if (open.decrementAndGet() > 0) {
            return;
        }
        try {
            notBegun.forEach((region, left) -> toBegin.release(run().caller(), region, left.getAndSet(0)));
            lines.rest();
        } finally {
            cellsDone = true;
            whenDone.run();
        }
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
        List<ReadyCell> completed = new ArrayList<>();
        for (CellWork cell : job.cells()) {
            ExecutionStatus status = ended.get(new Cell(run().jobId(), cell.region(), cell.modelId()));
            if (status == null) {
                left.add(cell);
                continue;
            }
            forget(cell);
            // It needs no place: its claim stops it.
            if (status == ExecutionStatus.COMPLETED && !job.completedMet() && waits.beginUnasked()) {
                completed.add(ready(cell, places.of(cell, slot(cell.region())), false));
            }
        }
        cellRunner.begin(run(), completed);
        return left;
    }

    private void forget(CellWork cell) {
        Objects.requireNonNull(notBegun.get(cell.region())).decrementAndGet();
        toBegin.release(run().caller(), cell.region(), 1);
    }

    private ReadyCell ready(CellWork cell, CellPlace place, boolean waitsForRegion) {
        open.incrementAndGet();
        return new ReadyCell(cell, new BegunCell(this, cell, place, waitsForRegion));
    }

    private RegionSlot slot(String region) {
        return places.slot(region, run().caller());
    }

    private void feed(List<CellWork> work) {
        String region = work.getFirst().region();
        try {
            places.fairStart(work.getFirst()).beginAll(work, () -> slot(region), new Feeder());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether this run is one of those that find out if a region takes calls again. */
    boolean tries(String region) {
        return trial && notBegun.containsKey(region);
    }

    /** Begins the cells of a region; those for which there is a place at once begin together. */
    private final class Feeder implements FairStart.Begin<CellWork> {

        private final List<ReadyCell> begun = new ArrayList<>();

        @Override
        public boolean begin(CellWork cell, RegionSlot slot) throws InterruptedException {
            CellPlace place = places.of(cell, slot);
            boolean begins = false;
            try {
                if (!place.tryTakeMemory()) {
                    goOn();
                    place.takeMemory();
                }
                begins = waits.begin(cell.region());
            } finally {
                if (!begins) {
                    place.giveBack();
                }
            }
            if (begins) {
                forget(cell);
                begun.add(ready(cell, place, true));
            }
            return begins;
        }

        @Override
        public void goOn() {
            List<ReadyCell> together = List.copyOf(begun);
            begun.clear(); // First: whatever goes wrong, no cell goes on twice.
            cellRunner.begin(run(), together);
        }
    }
}
