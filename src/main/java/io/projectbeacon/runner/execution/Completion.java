package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.database.Durability;
import io.projectbeacon.runner.database.UninterruptedWrites;
import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.job.JobFinisher;
import io.projectbeacon.runner.ledger.DuplicateLedger;
import io.projectbeacon.runner.logs.CellEndLog;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

/**
 * Records what an attempt brought, guarded by the attempt's number: the cell's own fence.
 *
 * <p>While the run owns its job, one statement does it, for many cells together. When the run does not own it any more,
 * or the batch skipped the cell, it is done for the cell alone. A late answer locks the job's row first, so that the
 * job's status can follow the cell's. An answer that finds a newer attempt was paid for twice: it is a duplicate that
 * was allowed, which is counted and overwrites nothing.
 */
@Component
class Completion {

    private static final Logger log = LoggerFactory.getLogger(Completion.class);

    private static final String EXISTING = """
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

    /** The row of an attempt's cell as it is now. */
    private record ExistingRow(
            ExecutionStatus status,
            ExecutionStatus outcome,
            int attempt,
            @Nullable String errorCode,
            int count) {}

    /**
     * An end to be recorded.
     *
     * @param last the cell's state if the attempt is its last
     */
    private record Ending(AttemptEnd end, RowState last, RowWrite row) {

        Attempt attempt() {
            return row.attempt();
        }

        RowState state() {
            return row.state();
        }

        /** The state that is written when another run has the job; what was never sent is no end of a cell then. */
        RowState late() {
            return end instanceof AttemptEnd.PutOff ? state() : last;
        }
    }

    private final JdbcClient jdbc;
    private final Durability durability;
    private final TransactionTemplate transaction;
    private final AttemptWriter writer;
    private final UninterruptedWrites writes;
    private final DuplicateLedger ledger;
    private final JobFinisher jobs;
    private final BeaconMetrics metrics;

    Completion(
            JdbcTemplate template,
            TransactionTemplate transaction,
            AttemptWriter writer,
            UninterruptedWrites writes,
            DuplicateLedger ledger,
            JobFinisher jobs,
            BeaconMetrics metrics) {
        this.jdbc = JdbcClient.create(template);
        this.durability = Durability.of(template);
        this.transaction = transaction;
        this.writer = writer;
        this.writes = writes;
        this.ledger = ledger;
        this.jobs = jobs;
        this.metrics = metrics;
    }

    /** Makes the answers so far durable, before the next question is asked. */
    Kept answered(Attempt attempt, Answers answers) {
        RowWrite soFar = writer.row(attempt, RowState.underWay(answers));
        try {
            if (writer.write(soFar) || writes.untilDone("an answer", () -> writer.writeAlone(soFar))) {
                countTokens(attempt, answers, null);
                return Kept.DURABLE;
            }
            if (writes.untilDone("a late answer", () -> keepAnswers(soFar))) {
                countTokens(attempt, answers, null);
            } else {
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
     * @param goesOn what counts of the attempts so far, when the run will make another; null when it will not
     * @return the status that the attempt gave the cell, or empty when the cell's row is not the attempt's any more
     */
    Optional<ExecutionStatus> ended(Attempt attempt, AttemptEnd end, @Nullable Counted goesOn) {
        Ending ending = ending(attempt, end, goesOn);
        return writer.write(ending.row()) ? Optional.of(counted(ending, ending.state())) : alone(ending);
    }

    /** Is told what becomes of an end that was handed over: one of the three, and once. */
    interface Recorded {

        /** It is durable, and has given the cell this status. To be over soon. */
        void as(ExecutionStatus status);

        /**
         * Its batch did not write it.
         *
         * @param rest writes it, however long the database takes to come back; it returns, and throws, as {@link #ended}
         */
        void notYet(Supplier<Optional<ExecutionStatus>> rest);

        /** It is durable, and could not be counted. */
        void broken(Throwable failure);
    }

    /** Hands over how the cell's last attempt in this run ended, and does not wait until it is recorded. */
    void handOver(Attempt attempt, AttemptEnd end, Recorded recorded) {
        Ending ending = ending(attempt, end, null);
        writer.write(ending.row(), written -> {
            if (!written) {
                recorded.notYet(() -> alone(ending));
                return;
            }
            ExecutionStatus status;
            try {
                status = counted(ending, ending.state());
            } catch (RuntimeException | Error broken) {
                recorded.broken(broken);
                return;
            }
            recorded.as(status);
        });
    }

    private Ending ending(Attempt attempt, AttemptEnd end, @Nullable Counted goesOn) {
        RowState last = RowState.of(attempt, end);
        RowState state = goesOn == null ? last : last.waiting(goesOn);
        return new Ending(end, last, writer.row(attempt, state));
    }

    private Optional<ExecutionStatus> alone(Ending ending) {
        Attempt attempt = ending.attempt();
        try {
            return writtenAlone(ending);
        } catch (DataIntegrityViolationException refused) {
            about(attempt, log.atError()).setCause(refused).log("The answer cannot be stored; the cell fails");
            AttemptEnd end = ending.end();
            return writtenAlone(ending(
                    attempt,
                    AttemptEnd.notStorable(end.answers().withoutFresh(), end instanceof AttemptEnd.Completed),
                    null));
        }
    }

    private Optional<ExecutionStatus> writtenAlone(Ending ending) {
        Optional<RowState> written =
                writes.untilDone("the end of an attempt", () -> writeAlone(ending.row(), ending.late()));
        if (written.isEmpty() && ending.end() instanceof AttemptEnd.Completed) {
            accountForLateSuccess(ending.attempt());
        }
        return written.map(state -> counted(ending, state));
    }

    /** Counts an end that the row has taken. */
    private ExecutionStatus counted(Ending ending, RowState written) {
        Attempt attempt = ending.attempt();
        RowState.@Nullable Error error = ending.last().error();
        countTokens(attempt, ending.end().answers(), error == null ? null : error.text());
        if (ending.end() instanceof AttemptEnd.Unknown unknown) {
            // If the row was not written, whatever replaced the attempt has counted that it ended unknown.
            metrics.executionUnknown(
                    attempt.region(), attempt.modelId(), unknown.failure().cause());
        }
        if (error != null) {
            metrics.attemptFailed(attempt.region(), error.failure().code());
        }
        ending.state().flags().forEach(flag -> metrics.executionFlagged(attempt.region(), attempt.modelId(), flag));
        ExecutionStatus status = written.status();
        if (status != ExecutionStatus.RUNNING) {
            metrics.executionFinished(attempt.region(), attempt.modelId(), status);
        }
        logEnd(attempt, ending.last(), status);
        return status;
    }

    /** Those of the answers that the row has just taken: what was written before is counted. */
    private void countTokens(Attempt attempt, Answers answers, @Nullable JsonNode text) {
        metrics.tokens(attempt.region(), attempt.modelId(), AnswerTokens.of(answers.fresh(), text));
    }

    private static void logEnd(Attempt attempt, RowState last, ExecutionStatus cell) {
        String code = last.error() == null ? null : last.error().failure().code();
        if (cell == ExecutionStatus.RUNNING || cell == ExecutionStatus.COMPLETED) {
            about(attempt, log.atDebug())
                    .addKeyValue("code", code)
                    .log("Attempt ended {}, the cell is {}", last.outcome().wireName(), cell.wireName());
        } else {
            CellEndLog.ended(
                    attempt.run().jobspecId(), attempt.region(), attempt.modelId(), attempt.number(), cell, code);
        }
    }

    /** All in one step that is done again as a whole: a failover may have lost what its first try wrote. */
    private Optional<RowState> writeAlone(RowWrite row, RowState last) {
        if (writer.writeAlone(row)) {
            return Optional.of(row.state());
        }
        Optional<RowState> late = writeLate(row.attempt(), row.state(), last);
        return late.isEmpty() && durability.read(() -> isWrittenAlready(row)) ? Optional.of(row.state()) : late;
    }

    /**
     * Whether the row says already what was to be written: then only the answer to an earlier write was lost. An
     * attempt that was given up as unknown has a code of its own in the row, and was counted then.
     */
    private boolean isWrittenAlready(RowWrite write) {
        return row(write.attempt())
                .filter(row -> row.attempt() == write.attempt().number()
                        && row.status() == write.state().status()
                        && row.outcome() == write.state().outcome()
                        && Objects.equals(row.errorCode(), write.code()))
                .isPresent();
    }

    private boolean keepAnswers(RowWrite soFar) {
        return Boolean.TRUE.equals(transaction.execute(status -> {
            jobs.lock(soFar.attempt().run().jobId());
            return writer.keepAnswers(soFar);
        }));
    }

    /** The run has lost its job: if the cell is to have a next attempt, another run makes it. */
    private Optional<RowState> writeLate(Attempt attempt, RowState state, RowState last) {
        return Objects.requireNonNull(transaction.execute(status -> {
            jobs.lock(attempt.run().jobId());
            for (RowState possible : List.of(state, last)) {
                if (writer.writeLate(writer.row(attempt, possible))) {
                    jobs.settle(attempt.run().jobId());
                    return Optional.of(possible);
                }
            }
            return Optional.<RowState>empty();
        }));
    }

    /** The provider ran the call, and the row did not take the answer: logs why, and counts what was paid for twice. */
    private void accountForLateSuccess(Attempt attempt) {
        Optional<ExistingRow> row = existing(attempt);
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
                new DuplicateLedger.Existing(
                        attempt.executionId(), row.get().status(), row.get().count()),
                UUID.randomUUID());
    }

    private Optional<ExistingRow> existing(Attempt attempt) {
        return writes.untilDone("the account of a late answer", () -> row(attempt));
    }

    private Optional<ExistingRow> row(Attempt attempt) {
        return jdbc.sql(EXISTING)
                .param("job", attempt.run().jobId())
                .param("execution", attempt.executionId())
                .query((result, n) -> new ExistingRow(
                        ExecutionStatus.of(result.getString("status")),
                        ExecutionStatus.of(result.getString("outcome")),
                        result.getInt("attempt"),
                        result.getString("error_code"),
                        result.getInt("existing_count")))
                .optional();
    }

    private static LoggingEventBuilder about(Attempt attempt, LoggingEventBuilder event) {
        return event.addKeyValue("job_id", attempt.run().jobspecId())
                .addKeyValue("region", attempt.region())
                .addKeyValue("model_id", attempt.modelId())
                .addKeyValue("attempt", attempt.number());
    }
}
