package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.inference.RegionPace;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.metrics.DuplicateLayer;
import io.projectbeacon.runner.metrics.DuplicateOutcome;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/** Takes one cell through its steps: claim it or stop, make the attempt, record its end, and try again if that helps. */
@Component
public class CellRunner {

    private static final Logger log = LoggerFactory.getLogger(CellRunner.class);

    private final ClaimGroup claims;
    private final ClaimIds claimIds;
    private final NextAttempt nextAttempt;
    private final AttemptCalls calls;
    private final RegionPace pace;
    private final RetryPolicy retries;
    private final Completion completion;
    private final DuplicateLedger ledger;
    private final PatientWriter writer;
    private final BeaconMetrics metrics;
    private final Traces traces;

    CellRunner(
            ClaimGroup claims,
            ClaimIds claimIds,
            NextAttempt nextAttempt,
            AttemptCalls calls,
            RegionPace pace,
            RetryPolicy retries,
            Completion completion,
            DuplicateLedger ledger,
            PatientWriter writer,
            BeaconMetrics metrics,
            Traces traces) {
        this.claims = claims;
        this.claimIds = claimIds;
        this.nextAttempt = nextAttempt;
        this.calls = calls;
        this.pace = pace;
        this.retries = retries;
        this.completion = completion;
        this.ledger = ledger;
        this.writer = writer;
        this.metrics = metrics;
        this.traces = traces;
    }

    /**
     * Brings the cell to an end, or says why not.
     *
     * @throws InterruptedException when the run was ended while a call was under way: nothing more is written, and
     *     whoever takes the job over finds the attempt without an end
     */
    public CellOutcome run(Run run, CellWork cell, Turn turn) throws InterruptedException {
        return traces.span("cell", run.jobspecId(), cell, () -> claimAndCall(run, cell, turn));
    }

    private CellOutcome claimAndCall(Run run, CellWork cell, Turn turn) throws InterruptedException {
        // Not only before the call: a cell that waits for its region, or for the lease, should not be claimed yet.
        pace.await(cell.region());
        if (!turn.awaitLease()) {
            return notCalled(cell, new CellOutcome.TurnedAway());
        }
        UUID claimId = claimIds.next();
        try {
            return switch (check(run, cell, () -> claims.claim(run, cell, claimId))) {
                case Claim.Claimed claimed -> {
                    if (claimed.orphaned()) {
                        metrics.executionUnknown(cell.region(), cell.modelId());
                    }
                    yield attempt(cell, turn, Attempt.of(run, cell, claimId, claimed));
                }
                case Claim.Stopped stopped -> notCalled(cell, skip(run, cell, stopped, claimId));
                case Claim.Held held -> {
                    metrics.executionUnknown(cell.region(), cell.modelId());
                    metrics.executionFinished(cell.region(), cell.modelId(), ExecutionStatus.UNKNOWN.wireName());
                    yield notCalled(cell, new CellOutcome.Left());
                }
                case Claim.Left left -> notCalled(cell, new CellOutcome.Left());
                case Claim.TurnedAway turnedAway -> notCalled(cell, new CellOutcome.TurnedAway());
            };
        } catch (CheckFailedException unchecked) {
            metrics.claimFailed();
            return new CellOutcome.CheckFailed(unchecked.reason);
        }
    }

    private CellOutcome attempt(CellWork cell, Turn turn, Attempt first) throws InterruptedException {
        RetryPolicy.Budget budget = retries.budget();
        Attempt attempt = first;
        while (true) {
            Optional<AttemptEnd> end = calls.make(attempt, cell, turn);
            if (end.isEmpty()) {
                return new CellOutcome.TurnedAway();
            }
            Optional<Duration> wait = budget.next(attempt.run(), end.get());
            Optional<ExecutionStatus> status = completion.ended(attempt, end.get(), wait.isPresent());
            if (status.isEmpty()) {
                return new CellOutcome.TurnedAway();
            }
            if (wait.isEmpty()) {
                return new CellOutcome.Ended(status.get());
            }
            if (!turn.pause(wait.get())) {
                return new CellOutcome.PutOff();
            }
            pace.await(cell.region());
            if (!turn.awaitLease()) {
                return notCalled(cell, new CellOutcome.TurnedAway());
            }
            Attempt before = attempt;
            Optional<Claim.Claimed> next =
                    check(before.run(), cell, () -> writer.once(() -> nextAttempt.claim(before)));
            if (next.isEmpty()) {
                return notCalled(cell, new CellOutcome.TurnedAway());
            }
            attempt = Attempt.of(before.run(), cell, before.claimId(), next.get());
        }
    }

    private CellOutcome skip(Run run, CellWork cell, Claim.Stopped stopped, UUID event) {
        log.atWarn()
                .addKeyValue("job_id", run.jobspecId())
                .addKeyValue("region", cell.region())
                .addKeyValue("model_id", cell.modelId())
                .addKeyValue("existing_count", stopped.existingCount())
                .log("🛑 AUTO-STOP: Duplicate execution detected, skipping");
        // What ran under this very run was met twice within it; anything else was met because of how the run began.
        DuplicateLayer layer = stopped.existingFence() == run.fence()
                ? DuplicateLayer.CLAIM
                : run.cause().layer();
        ledger.record(
                run,
                new Cell(run.jobId(), cell.region(), cell.modelId()),
                layer,
                DuplicateOutcome.DETECTED,
                new StoppedDuplicates.Existing(
                        stopped.executionId(), stopped.existingStatus(), stopped.existingCount()),
                event);
        return new CellOutcome.DuplicateSkipped(stopped.existingStatus(), stopped.existingCount());
    }

    /** The call that the pace let go will not be made; the next one may go in its place. */
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
