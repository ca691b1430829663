package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.execution.CellOutcome;
import io.projectbeacon.runner.execution.RunHandle;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A cell that its run has begun. It holds the run open, and a place, until it is done with; but no place while it waits. */
final class BegunCell implements RunHandle {

    private final JobRun run;
    private final CellWork cell;
    private final CellPlace place;
    private final boolean waitsForRegion;

    /** @param waitsForRegion false when it will not be called, and needs no place */
    BegunCell(JobRun run, CellWork cell, CellPlace place, boolean waitsForRegion) {
        this.run = run;
        this.cell = cell;
        this.place = place;
        this.waitsForRegion = waitsForRegion;
    }

    @Override
    public void start(Step step) {
        try {
            run.cells().start(() -> outcome(step).ifPresent(this::done));
        } catch (RuntimeException | Error noThread) {
            done(new CellOutcome.Broken(noThread));
        }
    }

    private static Optional<CellOutcome> outcome(Step step) {
        try {
            return step.make();
        } catch (InterruptedException stopped) {
            return Optional.of(new CellOutcome.Interrupted());
        } catch (RuntimeException | Error broken) {
            return Optional.of(new CellOutcome.Broken(broken));
        }
    }

    @Override
    public void done(CellOutcome outcome) {
        try {
            note(outcome);
        } finally {
            if (place.isShared()) {
                endElsewhere();
            } else {
                end();
            }
        }
    }

    private void note(CellOutcome outcome) {
        switch (outcome) {
            case CellOutcome.Ended ended -> run.markChanged();
            case CellOutcome.DuplicateSkipped skipped -> {}
            case CellOutcome.AlreadyEnded ended -> {}
            case CellOutcome.PutOff putOff -> run.markChanged();
            case CellOutcome.RunReplaced replaced -> run.stop().lose("The run has been replaced");
            case CellOutcome.CheckFailed failed -> {
                run.stop().giveUp();
                run.lines().unchecked(cell, failed.cause());
                run.stop().drain();
            }
            case CellOutcome.Interrupted interrupted -> {}
            case CellOutcome.Broken broken -> {
                run.stop().giveUp();
                run.lines().broken(cell, broken.cause());
            }
        }
    }

    /** To give the place back, Redis is asked: what tells the outcome is not to wait for that. */
    private void endElsewhere() {
        try {
            run.cells().start(this::end);
        } catch (RuntimeException | Error noThread) {
            end();
            throw noThread;
        }
    }

    private void end() {
        try {
            run.waits().end();
            place.giveBack();
        } finally {
            run.letGo();
        }
    }

    @Override
    public boolean mayCall() {
        return run.stop().mayCall();
    }

    @Override
    public boolean hasLease() {
        return run.lock().hasLease();
    }

    @Override
    public boolean awaitLease() throws InterruptedException {
        return run.lock().awaitLease();
    }

    @Override
    public boolean await(RegionWait wait) throws InterruptedException {
        return !waitsForRegion || run.waits().during(cell.region(), Duration.ZERO, () -> place.await(wait));
    }

    @Override
    public boolean logsDuplicate() {
        return run.lines().logsDuplicate();
    }

    @Override
    public boolean pause(Duration atLeast) throws InterruptedException {
        return run.waits().during(cell.region(), atLeast, () -> {
            place.giveBack();
            TimeUnit.NANOSECONDS.sleep(atLeast.toNanos());
            place.takeAgain();
        });
    }
}
