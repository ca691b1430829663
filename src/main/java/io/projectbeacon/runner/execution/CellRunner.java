package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.database.LeftUnwrittenException;
import io.projectbeacon.runner.domain.Cell;
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
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Takes one cell through its steps: claim it or stop, make the attempt, record its end, and try again if that helps.
 */
@Component
public class CellRunner {

    private static final Logger log = LoggerFactory.getLogger(CellRunner.class);

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

    /**
     * Brings the cell to an end, or says why not.
     *
     * @throws InterruptedException when the run was stopped while a call was under way: nothing more is written, and
     *     the next run of the job finds the attempt without an end
     */
    public CellOutcome process(Run run, CellWork cell, RunHandle handle) throws InterruptedException {
        return traces.span("cell", run.jobspecId(), cell, () -> claimAndCall(run, cell, handle));
    }

    private CellOutcome claimAndCall(Run run, CellWork cell, RunHandle handle) throws InterruptedException {
        // Before the claim, too: a cell that waits for its region, or for the lease, is not to be claimed yet.
        if (!handle.await(() -> pace.await(cell.region()))) {
            return notCalled(cell, new CellOutcome.PutOff());
        }
        if (!handle.awaitLease()) {
            return notCalled(cell, new CellOutcome.RunReplaced());
        }
        UUID claimId = claimIds.next();
        ClaimRequest request = new ClaimRequest(run, cell.region(), cell.modelId(), claimId);
        try {
            return switch (check(run, cell, () -> claims.claim(request))) {
                case ClaimResult.Claimed claimed -> {
                    metrics.executionClaimed(cell.region(), cell.modelId());
                    if (claimed.orphaned() != null) {
                        metrics.executionUnknown(cell.region(), cell.modelId(), claimed.orphaned());
                    }
                    yield attempt(
                            cell, handle, Attempt.of(run, cell, claimId, claimed), retries.budget(claimed.counted()));
                }
                case ClaimResult.Duplicate duplicate -> notCalled(cell, skip(run, cell, handle, duplicate, claimId));
                case ClaimResult.HeldUnknown held -> {
                    metrics.executionUnknown(cell.region(), cell.modelId(), held.cause());
                    metrics.executionFinished(cell.region(), cell.modelId(), ExecutionStatus.UNKNOWN);
                    CellEndLog.ended(
                            run.jobspecId(),
                            cell.region(),
                            cell.modelId(),
                            held.attempt(),
                            ExecutionStatus.UNKNOWN,
                            held.cause().wireName());
                    yield notCalled(cell, new CellOutcome.AlreadyEnded());
                }
                case ClaimResult.AlreadyEnded ended -> notCalled(cell, new CellOutcome.AlreadyEnded());
                case ClaimResult.RunReplaced replaced -> notCalled(cell, new CellOutcome.RunReplaced());
            };
        } catch (LeftUnwrittenException refused) {
            metrics.attemptFailed(cell.region(), AttemptEnd.NOT_STORABLE);
            log.atError()
                    .addKeyValue("job_id", run.jobspecId())
                    .addKeyValue("region", cell.region())
                    .addKeyValue("model_id", cell.modelId())
                    .setCause(refused)
                    .log("What a call has brought cannot be stored, and may have been paid for: the cell's row refuses"
                            + " it. The run ends without it; it is stored if the row takes it after all");
            return new CellOutcome.PutOff();
        } catch (CheckFailedException unchecked) {
            metrics.claimFailed();
            return new CellOutcome.CheckFailed(unchecked.reason);
        }
    }

    private CellOutcome attempt(CellWork cell, RunHandle handle, Attempt first, RetryPolicy.Budget budget)
            throws InterruptedException {
        Attempt attempt = first;
        while (true) {
            Optional<AttemptEnd> end = calls.make(attempt, cell, handle);
            if (end.isEmpty()) {
                return new CellOutcome.RunReplaced();
            }
            Optional<Duration> wait = budget.next(attempt.run(), end.get());
            Optional<ExecutionStatus> status =
                    completion.ended(attempt, end.get(), wait.isPresent() ? budget.counted() : null);
            if (status.isEmpty()) {
                return new CellOutcome.RunReplaced();
            }
            if (wait.isEmpty()) {
                return new CellOutcome.Ended(status.get());
            }
            if (!handle.pause(wait.get()) || !handle.await(() -> pace.await(cell.region()))) {
                return notCalled(cell, new CellOutcome.PutOff());
            }
            if (!handle.awaitLease()) {
                return notCalled(cell, new CellOutcome.RunReplaced());
            }
            Attempt before = attempt;
            Optional<ClaimResult.Claimed> next = check(before.run(), cell, () -> retryClaim.claim(before));
            if (next.isEmpty()) {
                return notCalled(cell, new CellOutcome.RunReplaced());
            }
            attempt = Attempt.of(before.run(), cell, before.claimId(), next.get());
        }
    }

    private CellOutcome skip(Run run, CellWork cell, RunHandle handle, ClaimResult.Duplicate duplicate, UUID event) {
        if (handle.logsDuplicate()) {
            log.atWarn()
                    .addKeyValue("job_id", run.jobspecId())
                    .addKeyValue("region", cell.region())
                    .addKeyValue("model_id", cell.modelId())
                    .addKeyValue("existing_count", duplicate.existingCount())
                    .log(AUTO_STOP);
        }
        // A row of this very run was met twice within it; any other was met because of how the run began.
        DuplicateLayer layer = duplicate.existingFence() == run.fence()
                ? DuplicateLayer.CLAIM
                : run.cause().layer();
        ledger.record(
                run,
                new Cell(run.jobId(), cell.region(), cell.modelId()),
                layer,
                DuplicateOutcome.DETECTED,
                new DuplicateLedger.Existing(
                        duplicate.executionId(), duplicate.existingStatus(), duplicate.existingCount()),
                event);
        return new CellOutcome.DuplicateSkipped(duplicate.existingStatus(), duplicate.existingCount());
    }

    /** The call that the pace let go will not be made; the next one may go instead. */
    private CellOutcome notCalled(CellWork cell, CellOutcome outcome) {
        pace.unused(cell.region());
        return outcome;
    }

    /** A check that cannot be made lets nothing through. */
    private <T> T check(Run run, CellWork cell, Supplier<T> question) throws InterruptedException {
        try {
            return traces.span("claim", run.jobspecId(), cell, question::get);
        } catch (DataAccessException | TransactionException unchecked) {
            pace.unused(cell.region());
            throw new CheckFailedException(unchecked);
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
