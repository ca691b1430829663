package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.metrics.DuplicateLayer;
import io.projectbeacon.runner.metrics.DuplicateOutcome;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

/**
 * Records what an attempt brought, guarded by the attempt's number: the cell's own fence.
 *
 * <p>While the run owns its job, one statement does it, for many cells together. When it does not any more, or a batch
 * passed the cell over, it is done for the cell alone. A late answer locks the job's row first, so that the job's status
 * can follow the cell's. An answer that finds a newer attempt was paid for twice: that is a duplicate that was allowed,
 * it is counted, and it overwrites nothing.
 */
@Component
class Completion {

    private static final Logger log = LoggerFactory.getLogger(Completion.class);

    private static final String STANDING = """
            SELECT status, outcome, attempt, error_code,
              (SELECT count(*) FROM executions s
               WHERE s.job_id = e.job_id AND s.region = e.region AND s.model_id = e.model_id) AS existing_count
            FROM executions e
            WHERE job_id = :job AND id = :execution
            """;

    /** What became of answers that are to be kept before the next question. */
    enum Kept {
        DURABLE,
        /** The attempt has been replaced or ended, and must ask nothing more. */
        REPLACED,
        /** The database will never take them. */
        REFUSED
    }

    private record Standing(
            ExecutionStatus status,
            ExecutionStatus outcome,
            int attempt,
            @Nullable String errorCode,
            int count) {}

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final CompletionGroup group;
    private final AttemptRows rows;
    private final PatientWriter writer;
    private final DuplicateLedger ledger;
    private final JobSettlement settlement;
    private final BeaconMetrics metrics;

    Completion(
            JdbcClient jdbc,
            TransactionTemplate transaction,
            CompletionGroup group,
            AttemptRows rows,
            PatientWriter writer,
            DuplicateLedger ledger,
            JobSettlement settlement,
            BeaconMetrics metrics) {
        this.jdbc = jdbc;
        this.transaction = transaction;
        this.group = group;
        this.rows = rows;
        this.writer = writer;
        this.ledger = ledger;
        this.settlement = settlement;
        this.metrics = metrics;
    }

    /** Makes the answers so far durable, before the next question is asked. */
    Kept answered(Attempt attempt, List<JsonNode> answers) {
        AttemptRows.End soFar = rows.end(attempt, RowState.underWay(answers));
        try {
            if (group.write(soFar) || writer.untilDone("an answer", () -> rows.owned(soFar))) {
                return Kept.DURABLE;
            }
            if (!writer.untilDone("a late answer", () -> keepAnswers(soFar))) {
                accountForLateSuccess(attempt);
            }
            return Kept.REPLACED;
        } catch (DataIntegrityViolationException refused) {
            about(attempt, log.atError()).setCause(refused).log("The answer cannot be stored; the cell fails");
            return Kept.REFUSED;
        }
    }

    /**
     * Records how the attempt ended, however long the database takes to come back.
     *
     * @param goesOn whether the run will make another attempt
     * @return the status that the attempt gave the cell, or empty when the cell's row is not the attempt's any more
     */
    Optional<ExecutionStatus> ended(Attempt attempt, AttemptEnd end, boolean goesOn) {
        try {
            return record(attempt, end, goesOn);
        } catch (DataIntegrityViolationException refused) {
            about(attempt, log.atError()).setCause(refused).log("The answer cannot be stored; the cell fails");
            return record(attempt, AttemptEnd.notStorable(), false);
        }
    }

    private Optional<ExecutionStatus> record(Attempt attempt, AttemptEnd end, boolean goesOn) {
        RowState last = RowState.of(attempt, end);
        RowState state = goesOn ? last.waiting() : last;
        AttemptRows.End row = rows.end(attempt, state);
        Optional<RowState> written = group.write(row)
                ? Optional.of(state)
                : writer.untilDone(
                        "the end of an attempt",
                        () -> rows.owned(row) ? Optional.of(state) : writeLate(attempt, state, last));
        if (written.isEmpty() && !standsAlready(attempt, state)) {
            if (end instanceof AttemptEnd.Completed) {
                accountForLateSuccess(attempt);
            }
            return Optional.empty();
        }
        if (end instanceof AttemptEnd.Unknown) {
            // Otherwise whoever replaced the attempt has counted that it ended unknown.
            metrics.executionUnknown(attempt.region(), attempt.modelId());
        }
        if (last.failure() != null) {
            metrics.attemptFailed(attempt.region(), last.failure().code());
        }
        ExecutionStatus status = written.orElse(state).status();
        if (status != ExecutionStatus.RUNNING) {
            metrics.executionFinished(attempt.region(), attempt.modelId(), status.wireName());
        }
        return Optional.of(status);
    }

    /**
     * Whether the row says already what was to be written: then only the answer to an earlier write was lost. Who gave the
     * attempt up as unknown in its place has said so with a code of its own, and has counted it.
     */
    private boolean standsAlready(Attempt attempt, RowState state) {
        AttemptRows.End written = rows.end(attempt, state);
        return standing(attempt)
                .filter(row -> row.attempt() == attempt.number()
                        && row.status() == state.status()
                        && row.outcome() == state.outcome()
                        && Objects.equals(row.errorCode(), written.code()))
                .isPresent();
    }

    private boolean keepAnswers(AttemptRows.End soFar) {
        return Boolean.TRUE.equals(transaction.execute(status -> {
            settlement.lock(soFar.attempt().run().jobId());
            return rows.keepAnswers(soFar);
        }));
    }

    /** The run has lost its job: the next attempt is for another to make, if the cell is to have one at all. */
    private Optional<RowState> writeLate(Attempt attempt, RowState state, RowState last) {
        return Objects.requireNonNull(transaction.execute(status -> {
            settlement.lock(attempt.run().jobId());
            for (RowState possible : List.of(state, last)) {
                if (rows.late(rows.end(attempt, possible))) {
                    settlement.settle(attempt.run().jobId());
                    return Optional.of(possible);
                }
            }
            return Optional.<RowState>empty();
        }));
    }

    /** The provider ran the call, and the row would not take it: says why, and counts what was paid for twice. */
    private void accountForLateSuccess(Attempt attempt) {
        Optional<Standing> row = standing(attempt);
        if (row.isEmpty() || row.get().attempt() == attempt.number()) {
            about(attempt, log.atWarn())
                    .log(
                            "An answer came too late and is dropped: {}",
                            row.map(r -> "its cell is " + r.status().wireName()).orElse("its job has been deleted"));
            return;
        }
        about(attempt, log.atError())
                .addKeyValue("newer_attempt", row.get().attempt())
                .log("Duplicate execution was not caught: an answer came after a newer attempt began, which is kept");
        ledger.record(
                attempt.run(),
                new Cell(attempt.run().jobId(), attempt.region(), attempt.modelId()),
                DuplicateLayer.COMPLETION,
                DuplicateOutcome.ALLOWED,
                new StoppedDuplicates.Existing(
                        attempt.executionId(), row.get().status(), row.get().count()),
                UUID.randomUUID());
    }

    private Optional<Standing> standing(Attempt attempt) {
        return writer.untilDone(
                "the account of a late answer",
                () -> jdbc.sql(STANDING)
                        .param("job", attempt.run().jobId())
                        .param("execution", attempt.executionId())
                        .query((result, n) -> new Standing(
                                ExecutionStatus.of(result.getString("status")),
                                ExecutionStatus.of(result.getString("outcome")),
                                result.getInt("attempt"),
                                result.getString("error_code"),
                                result.getInt("existing_count")))
                        .optional());
    }

    private static LoggingEventBuilder about(Attempt attempt, LoggingEventBuilder event) {
        return event.addKeyValue("job_id", attempt.run().jobspecId())
                .addKeyValue("region", attempt.region())
                .addKeyValue("model_id", attempt.modelId())
                .addKeyValue("attempt", attempt.number());
    }
}
