package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.OnUnknown;
import io.projectbeacon.runner.domain.ProviderName;
import io.projectbeacon.runner.domain.UnknownCause;
import io.projectbeacon.runner.logs.CellEndLog;
import io.projectbeacon.runner.logs.Failures;
import io.projectbeacon.runner.logs.FirstLines;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Ends the cells that are still running when their job is ended from outside: by a cancel, or by its deadline.
 *
 * <p>An attempt whose end was not seen is unknown from then on, whatever becomes of its cell. Under {@code hold} the
 * cell is unknown too, and an answer that comes after all completes it.
 */
@Component
class RunningCells {

    /** Why they are ended. */
    enum Cause {
        CANCEL(
                UnknownCause.CANCEL,
                ExecutionStatus.CANCELLED,
                "cancelled",
                "The job was cancelled while the call was under way"),
        DEADLINE(
                UnknownCause.DEADLINE,
                ExecutionStatus.FAILED,
                "deadline_exceeded",
                "The job's timeout passed while the call was under way");

        private final UnknownCause ofUnknown;
        private final ExecutionStatus status;
        private final String code;
        private final String message;

        Cause(UnknownCause ofUnknown, ExecutionStatus status, String code, String message) {
            this.ofUnknown = ofUnknown;
            this.status = status;
            this.code = code;
            this.message = message;
        }
    }

    /**
     * A cell that was ended.
     *
     * @param unknown why its attempt is of unknown outcome now; null unless it was under way
     */
    record Ended(
            String region,
            String modelId,
            int attempt,
            ExecutionStatus status,
            @Nullable String code,
            @Nullable UnknownCause unknown) {}

    /**
     * What became of a job's running cells.
     *
     * @param leftInRegions the region of each cell whose row could not be written
     */
    record Ends(List<Ended> ended, List<String> leftInRegions) {

        static final Ends NONE = new Ends(List.of(), List.of());
    }

    private static final Logger log = LoggerFactory.getLogger(RunningCells.class);
    private static final String LEFT =
            "The job ends, but this cell of it could not be ended and is still running by its row: ";

    private static final String END_ALL = end("FOR UPDATE");

    /* A row that a session at a console holds is passed over. */
    private static final String END_ONE = end("AND id = :execution FOR UPDATE SKIP LOCKED");

    private static final String RUNNING = """
            SELECT e.id, jobspec_id, region, model_id FROM executions e JOIN jobs j ON j.id = e.job_id
            WHERE e.job_id = :job AND e.status = 'running'
            """;

    /** A cell to be ended. */
    private record Running(long executionId, String jobspecId, String region, String modelId) {}

    /** Time-limited: a person at a console may hold a row for long. */
    private final JdbcClient limited;

    private final TransactionTemplate savepoint;
    private final BeaconMetrics metrics;
    private final ProviderName provider;

    RunningCells(
            JdbcTemplate template,
            PlatformTransactionManager transactions,
            BeaconMetrics metrics,
            ProviderName provider) {
        this.limited = TimeLimitedJdbc.of(template);
        this.savepoint = new TransactionTemplate(transactions);
        this.savepoint.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);
        this.metrics = metrics;
        this.provider = provider;
    }

    /*
     * A cell between two attempts keeps what its last one ended with; only one with a call under way gets a new end. A
     * failure leaves an earlier call under the same key in doubt, unless it is a verdict: that gives the key up, which it did
     * not while the cell went on. A call that only asked for the answer of an earlier one, still running, is no further call
     * of unknown outcome.
     */
    private static String end(String which) {
        return """
                WITH open AS (
                  SELECT id, outcome = 'running' AS calling, outcome IN ('running', 'unknown') AS unseen,
                    coalesce(outcome = 'running' AND :deadline AND past_attempts -> -1 ->> 'code' = 'still_running', false)
                      AS asking,
                    outcome = 'failed' AND %s AS in_doubt, coalesce(error_http_status IN (500, 501), false) AS verdict
                  FROM executions e
                  WHERE job_id = :job AND status = 'running' %s
                )
                UPDATE executions e SET
                  status = CASE WHEN :hold AND (open.unseen OR open.in_doubt AND NOT open.verdict) THEN 'unknown' ELSE :status END,
                  outcome = CASE WHEN open.calling THEN 'unknown' ELSE e.outcome END,
                  attempt_ended_at = NULL,
                  key_numbers = CASE WHEN open.in_doubt AND open.verdict THEN %s ELSE e.key_numbers END,
                  completed_at = greatest(e.started_at, clock_timestamp()),
                  error_code = CASE WHEN open.asking THEN 'still_running' WHEN open.calling THEN :code ELSE e.error_code END,
                  error_message = CASE WHEN open.asking THEN e.past_attempts -> -1 ->> 'message'
                    WHEN open.calling THEN :message ELSE e.error_message END,
                  error_http_status = CASE WHEN open.calling THEN NULL ELSE e.error_http_status END,
                  error_retryable = CASE WHEN open.calling THEN NOT :hold ELSE e.error_retryable END,
                  error_provider = CASE WHEN open.calling THEN :provider ELSE e.error_provider END
                FROM open
                WHERE e.job_id = :job AND e.id = open.id
                RETURNING e.region, e.model_id, e.attempt, e.status, e.error_code, open.calling AND NOT open.asking AS newly_unknown
                """.formatted(QuestionKey.IN_DOUBT, which, QuestionKey.GIVEN_UP);
    }

    /**
     * Ends them, in the transaction that ends the job and holds its row's lock. Counts nothing yet. One whose row cannot be
     * written stays as it is: it must not keep the others, and the job, from their ends.
     */
    Ends end(long jobId, OnUnknown onUnknown, Cause cause) {
        try {
            return new Ends(nested(() -> list(limited.sql(END_ALL).param("job", jobId), onUnknown, cause)), List.of());
        } catch (DataAccessException refused) {
            return endOneByOne(jobId, onUnknown, cause);
        }
    }

    private Ends endOneByOne(long jobId, OnUnknown onUnknown, Cause cause) {
        List<Ended> ended = new ArrayList<>();
        List<String> leftInRegions = new ArrayList<>();
        FirstLines lines = new FirstLines();
        List<Running> open = running(jobId);
        for (Running cell : open) {
            try {
                List<Ended> one = nested(() -> list(
                        limited.sql(END_ONE).param("job", jobId).param("execution", cell.executionId()),
                        onUnknown,
                        cause));
                ended.addAll(one);
                if (one.isEmpty()) {
                    leftInRegions.add(cell.region());
                    tell(lines, cell, "its row is locked");
                }
            } catch (DataAccessException refused) {
                leftInRegions.add(cell.region());
                tell(lines, cell, Failures.inWords(refused));
            }
        }
        lines.rest(further -> log.atError()
                .addKeyValue("job_id", open.getFirst().jobspecId())
                .addKeyValue("further", further)
                .log("The job ends, but further cells of it could not be ended"));
        return new Ends(ended, leftInRegions);
    }

    private static void tell(FirstLines lines, Running cell, @Nullable String why) {
        if (lines.oneMore()) {
            log.atError()
                    .addKeyValue("job_id", cell.jobspecId())
                    .addKeyValue("region", cell.region())
                    .addKeyValue("model_id", cell.modelId())
                    .log("{}{}", LEFT, why);
        }
    }

    private List<Ended> nested(Supplier<List<Ended>> work) {
        return Objects.requireNonNull(savepoint.execute(status -> work.get()));
    }

    private List<Running> running(long jobId) {
        return limited.sql(RUNNING)
                .param("job", jobId)
                .query((row, n) -> new Running(
                        row.getLong("id"),
                        row.getString("jobspec_id"),
                        row.getString("region"),
                        row.getString("model_id")))
                .list();
    }

    private List<Ended> list(JdbcClient.StatementSpec statement, OnUnknown onUnknown, Cause cause) {
        return statement
                .param("deadline", cause == Cause.DEADLINE)
                .param("hold", onUnknown == OnUnknown.HOLD)
                .param("status", cause.status.wireName())
                .param("code", cause.code)
                .param("message", cause.message)
                .param("provider", provider.value())
                .query((row, n) -> new Ended(
                        row.getString("region"),
                        row.getString("model_id"),
                        row.getInt("attempt"),
                        ExecutionStatus.of(row.getString("status")),
                        row.getString("error_code"),
                        row.getBoolean("newly_unknown") ? cause.ofUnknown : null))
                .list();
    }

    /** Counts and logs what {@link #end} returned, once its transaction has committed. */
    void count(String jobspecId, Ends ends) {
        for (Ended cell : ends.ended()) {
            CellEndLog.ended(jobspecId, cell.region(), cell.modelId(), cell.attempt(), cell.status(), cell.code());
            if (cell.unknown() != null) {
                metrics.executionUnknown(cell.region(), cell.modelId(), cell.unknown());
            }
            metrics.executionFinished(cell.region(), cell.modelId(), cell.status());
        }
        ends.leftInRegions().forEach(metrics::executionNotEnded);
    }
}
