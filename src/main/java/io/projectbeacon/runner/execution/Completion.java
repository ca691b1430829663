package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.inference.InferenceResult.Failure;
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
import tools.jackson.databind.json.JsonMapper;

/**
 * Records what an attempt brought, guarded by the attempt's number: the cell's own fence.
 *
 * <p>While the run owns its job, one statement does it. When it does not any more, the answer is late: the job's row is
 * locked first, so that the job's status can follow the cell's. An answer that finds a newer attempt was paid for
 * twice: that is a duplicate that was allowed, it is counted, and it overwrites nothing.
 */
@Component
class Completion {

    private static final Logger log = LoggerFactory.getLogger(Completion.class);

    private static final String GUARDED_UPDATE = """
            UPDATE executions e SET
              status = :status, outcome = :outcome, answers = :answers::json,
              completed_at = CASE WHEN :status <> 'running' THEN greatest(e.started_at, clock_timestamp()) END,
              attempt_ended_at = CASE WHEN :status = 'running' AND :outcome <> 'running'
                THEN greatest(e.started_at, clock_timestamp()) END,
              definite_failures = e.definite_failures + :failures,
              error_code = :code, error_message = :message, error_http_status = :http, error_retryable = :retryable,
              error_provider = :provider
            """;

    /* An end whose answer was lost is written again, and must not count its definite failure twice. */
    private static final String ONCE = "AND e.attempt_ended_at IS NULL";

    /* Beside a finalise or a cancel this waits for the job's row, and then finds that the run is over. */
    private static final String OWNED = """
            WITH owned AS MATERIALIZED (
              SELECT id FROM jobs WHERE id = :job AND fence = :fence AND status = 'running' FOR SHARE
            )
            """ + GUARDED_UPDATE + """
            FROM owned
            WHERE e.job_id = owned.id AND e.id = :execution AND e.attempt = :attempt
              AND e.status IN ('running', 'unknown')
            """ + ONCE;

    /* A cell that somebody has given up as unknown meanwhile can still be ended, but does not go on. */
    private static final String LATE = GUARDED_UPDATE + """
            WHERE e.job_id = :job AND e.id = :execution AND e.attempt = :attempt
              AND (e.status = 'running' OR e.status = 'unknown' AND :status <> 'running')
            """ + ONCE;

    /* The run has lost its job, but nobody has claimed the cell again: the answer is paid for and is kept. */
    private static final String KEEP_ANSWERS = """
            UPDATE executions SET answers = :answers::json
            WHERE job_id = :job AND id = :execution AND attempt = :attempt AND status IN ('running', 'unknown')
            """;

    private static final String STANDING = """
            SELECT status, outcome, attempt,
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

    /** The values that a row takes: the cell's status, and the outcome of its latest attempt. */
    private record RowState(
            ExecutionStatus status,
            ExecutionStatus outcome,
            List<JsonNode> answers,
            @Nullable Failure failure,
            boolean retryable) {

        /** The attempt has ended, and the cell waits for its next one. */
        RowState waiting() {
            return new RowState(ExecutionStatus.RUNNING, outcome, answers, failure, retryable);
        }
    }

    private record Standing(ExecutionStatus status, ExecutionStatus outcome, int attempt, int count) {}

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final PatientWriter writer;
    private final DuplicateLedger ledger;
    private final JobSettlement settlement;
    private final BeaconMetrics metrics;
    private final JsonMapper json;
    private final ProviderName provider;

    Completion(
            JdbcClient jdbc,
            TransactionTemplate transaction,
            PatientWriter writer,
            DuplicateLedger ledger,
            JobSettlement settlement,
            BeaconMetrics metrics,
            JsonMapper json,
            ProviderName provider) {
        this.jdbc = jdbc;
        this.transaction = transaction;
        this.writer = writer;
        this.ledger = ledger;
        this.settlement = settlement;
        this.metrics = metrics;
        this.json = json;
        this.provider = provider;
    }

    /** Makes the answers so far durable, before the next question is asked. */
    Kept answered(Attempt attempt, List<JsonNode> answers) {
        RowState state = new RowState(ExecutionStatus.RUNNING, ExecutionStatus.RUNNING, answers, null, false);
        try {
            if (writer.untilDone("an answer", () -> update(OWNED, attempt, state)) == 1) {
                return Kept.DURABLE;
            }
            if (!writer.untilDone("a late answer", () -> keepAnswers(attempt, state))) {
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
        RowState last = state(attempt, end);
        RowState state = goesOn ? last.waiting() : last;
        Optional<RowState> written = writer.untilDone(
                "the end of an attempt",
                () -> update(OWNED, attempt, state) == 1 ? Optional.of(state) : writeLate(attempt, state, last));
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

    /** Whether the row says already what was to be written: then only the answer to an earlier write was lost. */
    private boolean standsAlready(Attempt attempt, RowState state) {
        return standing(attempt)
                .filter(row -> row.attempt() == attempt.number()
                        && row.status() == state.status()
                        && row.outcome() == state.outcome())
                .isPresent();
    }

    private boolean keepAnswers(Attempt attempt, RowState state) {
        return Boolean.TRUE.equals(transaction.execute(status -> {
            settlement.lock(attempt.run().jobId());
            return update(KEEP_ANSWERS, attempt, state) == 1;
        }));
    }

    /** The run has lost its job: the next attempt is for another to make, if the cell is to have one at all. */
    private Optional<RowState> writeLate(Attempt attempt, RowState state, RowState last) {
        return Objects.requireNonNull(transaction.execute(status -> {
            settlement.lock(attempt.run().jobId());
            for (RowState possible : List.of(state, last)) {
                if (update(LATE, attempt, possible) == 1) {
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
                attempt.region(),
                attempt.modelId(),
                DuplicateLayer.COMPLETION,
                DuplicateOutcome.ALLOWED,
                new DuplicateLedger.Existing(
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
                                result.getInt("existing_count")))
                        .optional());
    }

    private static LoggingEventBuilder about(Attempt attempt, LoggingEventBuilder event) {
        return event.addKeyValue("job_id", attempt.run().jobspecId())
                .addKeyValue("region", attempt.region())
                .addKeyValue("model_id", attempt.modelId())
                .addKeyValue("attempt", attempt.number());
    }

    private int update(String sql, Attempt attempt, RowState state) {
        Failure failure = state.failure();
        return jdbc.sql(sql)
                .param("job", attempt.run().jobId())
                .param("fence", attempt.run().fence())
                .param("execution", attempt.executionId())
                .param("attempt", attempt.number())
                .param("status", state.status().wireName())
                .param("outcome", state.outcome().wireName())
                .param("answers", json.writeValueAsString(state.answers()))
                .param("failures", state.outcome() == ExecutionStatus.FAILED ? 1 : 0)
                .param("code", failure == null ? null : withoutNul(failure.code()))
                .param("message", failure == null ? null : withoutNul(failure.message()))
                .param("http", failure == null ? null : failure.httpStatus())
                .param("retryable", failure == null ? null : state.retryable())
                .param("provider", failure == null ? null : provider.value())
                .update();
    }

    private static RowState state(Attempt attempt, AttemptEnd end) {
        return switch (end) {
            case AttemptEnd.Completed completed ->
                new RowState(ExecutionStatus.COMPLETED, ExecutionStatus.COMPLETED, completed.answers(), null, false);
            case AttemptEnd.Failed failed ->
                new RowState(
                        ExecutionStatus.FAILED,
                        ExecutionStatus.FAILED,
                        failed.answers(),
                        failed.failure(),
                        failed.retryable());
            case AttemptEnd.Unknown unknown ->
                new RowState(
                        attempt.run().holdsUnknown() ? ExecutionStatus.UNKNOWN : ExecutionStatus.FAILED,
                        ExecutionStatus.UNKNOWN,
                        unknown.answers(),
                        unknown.failure(),
                        !attempt.run().holdsUnknown());
        };
    }

    /** PostgreSQL has no U+0000 in text. */
    private static String withoutNul(String text) {
        return text.replace("\0", "");
    }
}
