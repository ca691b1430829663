package io.projectbeacon.runner.execution;

import io.micrometer.tracing.Span;
import io.projectbeacon.runner.database.LeftUnwrittenException;
import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.ledger.DuplicateLedger;
import io.projectbeacon.runner.logs.CellEndLog;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.region.RegionPace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Takes cells through their steps: claim or stop, make the attempt, record its end, and try again if that helps. No thread waits
 * for a claim that was asked for together with others, or for a cell's last end.
 */
@Component
public class CellRunner {

    private static final Logger log = LoggerFactory.getLogger(CellRunner.class);

    /** The span of a claim. */
    private static final String CLAIM = "claim";

    /** The line about a stopped duplicate, with its cell. */
    public static final String AUTO_STOP = "🛑 AUTO-STOP: Duplicate execution detected, skipping";

    private final Claims claims;
    private final ClaimIds claimIds;
    private final RetryClaim retryClaim;
    private final AttemptCalls calls;
    private final RegionPace pace;
    private final RetryPolicy retries;
    private final Completion completion;
    private final DuplicateLedger ledger;
    private final BeaconMetrics metrics;
    private final Traces traces;

    CellRunner(
            Claims claims,
            ClaimIds claimIds,
            RetryClaim retryClaim,
            AttemptCalls calls,
            RegionPace pace,
            RetryPolicy retries,
            Completion completion,
            DuplicateLedger ledger,
            BeaconMetrics metrics,
            Traces traces) {
        this.claims = claims;
        this.claimIds = claimIds;
        this.retryClaim = retryClaim;
        this.calls = calls;
        this.pace = pace;
        this.retries = retries;
        this.completion = completion;
        this.ledger = ledger;
        this.metrics = metrics;
        this.traces = traces;
    }

    /** A cell of a run, from its claim on. */
    private record Begun(
            Run run, CellWork work, RunHandle handle, ClaimRequest claim, Span trace, Span claimTrace, long askedAt) {

        void done(CellOutcome outcome, Traces traces) {
            try {
                traces.end(trace, outcome);
            } finally {
                handle.done(outcome);
            }
        }
    }

    /**
     * Brings cells to their ends, or tells why not. It waits for nothing: the claims of all cells that need not wait are
     * asked for together, and each cell goes on, on a thread of its own, when its claim is answered.
     */
    public void begin(Run run, List<ReadyCell> cells) {
        List<ReadyCell> ready = new ArrayList<>(cells.size());
        for (ReadyCell cell : cells) {
            if (cell.handle().hasLease() && pace.takesCalls(cell.work().region())) {
                ready.add(cell);
            } else {
                cell.handle().start(() -> awaitTurn(run, cell));
            }
        }
        claim(run, ready);
    }

    /** A cell that waits for its region, or for the lease, is not to be claimed yet. */
    private Optional<CellOutcome> awaitTurn(Run run, ReadyCell cell) throws InterruptedException {
        if (!cell.handle().await(() -> pace.await(cell.work().region()))) {
            return Optional.of(notCalled(cell.work(), new CellOutcome.PutOff()));
        }
        if (!cell.handle().awaitLease()) {
            return Optional.of(notCalled(cell.work(), new CellOutcome.RunReplaced()));
        }
        claim(run, List.of(cell));
        return Optional.empty();
    }

    private void claim(Run run, List<ReadyCell> cells) {
        if (cells.isEmpty()) {
            return;
        }
        if (!cells.getFirst().handle().mayCall()) {
            cells.forEach(cell -> cell.handle().done(notCalled(cell.work(), new CellOutcome.PutOff())));
            return;
        }
        long now = System.nanoTime();
        List<Begun> begun;
        try {
            begun = cells.stream().map(cell -> begun(run, cell, now)).toList();
        } catch (RuntimeException | Error broken) {
            cells.forEach(cell -> cell.handle().done(new CellOutcome.Broken(broken)));
            return;
        }
        claims.ask(begun.stream().map(Begun::claim).toList(), (place, answer) -> {
            Begun cell = begun.get(place);
            start(cell, () -> claimed(cell, answer));
        });
    }

    private Begun begun(Run run, ReadyCell cell, long now) {
        CellWork work = cell.work();
        Span trace = traces.begin(run.jobspecId(), work);
        return new Begun(
                run,
                work,
                cell.handle(),
                new ClaimRequest(run, work.region(), work.modelId(), claimIds.next()),
                trace,
                traces.begin(CLAIM, trace, run.jobspecId(), work),
                now);
    }

    private void start(Begun cell, RunHandle.Step step) {
        cell.handle().start(() -> traces.within(cell.trace(), () -> guarded(cell, step)));
    }

    private Optional<CellOutcome> guarded(Begun cell, RunHandle.Step step) throws InterruptedException {
        Optional<CellOutcome> outcome;
        try {
            outcome = step.make();
        } catch (LeftUnwrittenException refused) {
            metrics.attemptFailed(cell.work().region(), AttemptEnd.NOT_STORABLE);
            log.atError()
                    .addKeyValue("job_id", cell.run().jobspecId())
                    .addKeyValue("region", cell.work().region())
                    .addKeyValue("model_id", cell.work().modelId())
                    .setCause(refused)
                    .log("What a call has brought cannot be stored, and may have been paid for: the cell's row refuses"
                            + " it. The run ends without it; it is stored if the row takes it after all");
            outcome = Optional.of(new CellOutcome.PutOff());
        } catch (CheckFailedException unchecked) {
            metrics.claimFailed();
            outcome = Optional.of(new CellOutcome.CheckFailed(unchecked.reason));
        } catch (RuntimeException | Error | InterruptedException failure) {
            traces.failed(cell.trace(), failure);
            throw failure;
        }
        outcome.ifPresent(known -> traces.end(cell.trace(), known));
        return outcome;
    }

    /** @param together what the batch has answered; empty when it left the cell open */
    private Optional<CellOutcome> claimed(Begun cell, Optional<ClaimResult> together) throws InterruptedException {
        CellWork work = cell.work();
        ClaimResult result;
        try {
            result = check(cell, cell.claimTrace(), () -> together.orElseGet(() -> claims.alone(cell.claim())));
        } finally {
            metrics.claimTook(Duration.ofNanos(System.nanoTime() - cell.askedAt()));
        }
        return switch (result) {
            case ClaimResult.Claimed claimed -> {
                metrics.executionClaimed(work.region(), work.modelId());
                if (claimed.orphaned() != null) {
                    metrics.executionUnknown(work.region(), work.modelId(), claimed.orphaned());
                }
                yield attempt(
                        cell,
                        Attempt.of(cell.run(), work, cell.claim().claimId(), claimed),
                        retries.budget(claimed.counted()));
            }
            case ClaimResult.Duplicate duplicate -> Optional.of(notCalled(work, skip(cell, duplicate)));
            case ClaimResult.HeldUnknown held -> {
                metrics.executionUnknown(work.region(), work.modelId(), held.cause());
                metrics.executionFinished(work.region(), work.modelId(), ExecutionStatus.UNKNOWN);
                CellEndLog.ended(
                        cell.run().jobspecId(),
                        work.region(),
                        work.modelId(),
                        held.attempt(),
                        ExecutionStatus.UNKNOWN,
                        held.cause().wireName());
                yield Optional.of(notCalled(work, new CellOutcome.AlreadyEnded()));
            }
            case ClaimResult.AlreadyEnded ended -> Optional.of(notCalled(work, new CellOutcome.AlreadyEnded()));
            case ClaimResult.RunReplaced replaced -> Optional.of(notCalled(work, new CellOutcome.RunReplaced()));
        };
    }

    private Optional<CellOutcome> attempt(Begun cell, Attempt first, RetryPolicy.Budget budget)
            throws InterruptedException {
        CellWork work = cell.work();
        RunHandle handle = cell.handle();
        Attempt attempt = first;
        while (true) {
            Optional<AttemptEnd> end = calls.make(attempt, work, handle);
            if (end.isEmpty()) {
                return Optional.of(new CellOutcome.RunReplaced());
            }
            Optional<Duration> wait = budget.next(attempt.run(), end.get());
            if (wait.isEmpty()) {
                completion.handOver(attempt, end.get(), recorded(cell));
                return Optional.empty();
            }
            if (completion.ended(attempt, end.get(), budget.counted()).isEmpty()) {
                return Optional.of(new CellOutcome.RunReplaced());
            }
            if (!handle.pause(wait.get()) || !handle.await(() -> pace.await(work.region())) || !handle.mayCall()) {
                return Optional.of(notCalled(work, new CellOutcome.PutOff()));
            }
            if (!handle.awaitLease()) {
                return Optional.of(notCalled(work, new CellOutcome.RunReplaced()));
            }
            Attempt before = attempt;
            Span claim = traces.begin(CLAIM, cell.trace(), before.run().jobspecId(), work);
            Optional<ClaimResult.Claimed> next = check(cell, claim, () -> retryClaim.claim(before));
            if (next.isEmpty()) {
                return Optional.of(notCalled(work, new CellOutcome.RunReplaced()));
            }
            attempt = Attempt.of(before.run(), work, before.claimId(), next.get());
        }
    }

    /** The cell is done with when its end is durable, not before: until then it keeps its place. */
    private Completion.Recorded recorded(Begun cell) {
        return new Completion.Recorded() {
            @Override
            public void as(ExecutionStatus status) {
                cell.done(new CellOutcome.Ended(status), traces);
            }

            @Override
            public void broken(Throwable failure) {
                cell.done(new CellOutcome.Broken(failure), traces);
            }

            @Override
            public void notYet(Supplier<Optional<ExecutionStatus>> rest) {
                start(
                        cell,
                        () -> Optional.of(rest.get()
                                .<CellOutcome>map(CellOutcome.Ended::new)
                                .orElseGet(CellOutcome.RunReplaced::new)));
            }
        };
    }

    private CellOutcome skip(Begun cell, ClaimResult.Duplicate duplicate) {
        Run run = cell.run();
        CellWork work = cell.work();
        if (cell.handle().logsDuplicate()) {
            log.atWarn()
                    .addKeyValue("job_id", run.jobspecId())
                    .addKeyValue("region", work.region())
                    .addKeyValue("model_id", work.modelId())
                    .addKeyValue("existing_count", duplicate.existingCount())
                    .log(AUTO_STOP);
        }
        // A row of this very run was met twice within it; any other was met because of how the run began.
        DuplicateLayer layer = duplicate.existingFence() == run.fence()
                ? DuplicateLayer.CLAIM
                : run.cause().layer();
        ledger.record(
                run,
                cell.claim().cell(),
                layer,
                DuplicateOutcome.DETECTED,
                new DuplicateLedger.Existing(
                        duplicate.executionId(), duplicate.existingStatus(), duplicate.existingCount()),
                cell.claim().claimId());
        return new CellOutcome.DuplicateSkipped(duplicate.existingStatus(), duplicate.existingCount());
    }

    /** The call that the pace let go will not be made; the next one may go instead. */
    private CellOutcome notCalled(CellWork cell, CellOutcome outcome) {
        pace.unused(cell.region());
        return outcome;
    }

    /** A check that cannot be made lets nothing through. */
    private <T> T check(Begun cell, Span span, Supplier<T> question) {
        try {
            T answer = question.get();
            traces.end(span, answer);
            return answer;
        } catch (DataAccessException | TransactionException unchecked) {
            traces.failed(span, unchecked);
            pace.unused(cell.work().region());
            throw new CheckFailedException(unchecked);
        } catch (RuntimeException | Error broken) {
            traces.failed(span, broken);
            throw broken;
        }
    }

    private static final class CheckFailedException extends RuntimeException {

        private final RuntimeException reason;

        CheckFailedException(RuntimeException reason) {
            super(reason);
            this.reason = reason;
        }
    }
}
