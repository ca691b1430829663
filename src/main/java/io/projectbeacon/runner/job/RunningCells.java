package io.projectbeacon.runner.job;

import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.OnUnknown;
import io.projectbeacon.runner.domain.ProviderName;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

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
        CANCEL(ExecutionStatus.CANCELLED, "cancelled", "The job was cancelled while the call was under way"),
        DEADLINE(ExecutionStatus.FAILED, "deadline_exceeded", "The job's timeout passed while the call was under way");

        private final ExecutionStatus status;
        private final String code;
        private final String message;

        Cause(ExecutionStatus status, String code, String message) {
            this.status = status;
            this.code = code;
            this.message = message;
        }
    }

    /**
     * A cell that was ended.
     *
     * @param unknown whether its attempt was under way and is of unknown outcome now
     */
    record Ended(String region, String modelId, ExecutionStatus status, boolean unknown) {}

    /*
     * A cell between two attempts keeps what its last one ended with; only one with a call under way gets a new end. A
     * failure leaves an earlier call under the same key in doubt, unless it is a verdict: that gives the key up, which it did
     * not while the cell went on. A call that only asked for the answer of an earlier one, still running, is no further call
     * of unknown outcome.
     */
    private static final String END = """
            WITH open AS (
              SELECT id, outcome = 'running' AS calling, outcome IN ('running', 'unknown') AS unseen,
                coalesce(outcome = 'running' AND :deadline AND past_attempts -> -1 ->> 'code' = 'still_running', false)
                  AS asking,
                outcome = 'failed' AND %s AS in_doubt, coalesce(error_http_status IN (500, 501), false) AS verdict
              FROM executions e
              WHERE job_id = :job AND status = 'running'
              FOR UPDATE
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
            RETURNING e.region, e.model_id, e.status, open.calling AND NOT open.asking AS newly_unknown
            """.formatted(QuestionKey.IN_DOUBT, QuestionKey.GIVEN_UP);

    private final JdbcClient jdbc;
    private final BeaconMetrics metrics;
    private final ProviderName provider;

    RunningCells(JdbcClient jdbc, BeaconMetrics metrics, ProviderName provider) {
        this.jdbc = jdbc;
        this.metrics = metrics;
        this.provider = provider;
    }

    /** Ends them, in the transaction that ends the job and holds its row's lock. Counts nothing yet. */
    List<Ended> end(long jobId, OnUnknown onUnknown, Cause cause) {
        return jdbc.sql(END)
                .param("job", jobId)
                .param("deadline", cause == Cause.DEADLINE)
                .param("hold", onUnknown == OnUnknown.HOLD)
                .param("status", cause.status.wireName())
                .param("code", cause.code)
                .param("message", cause.message)
                .param("provider", provider.value())
                .query((row, n) -> new Ended(
                        row.getString("region"),
                        row.getString("model_id"),
                        ExecutionStatus.of(row.getString("status")),
                        row.getBoolean("newly_unknown")))
                .list();
    }

    /** Counts what {@link #end} returned, once its transaction has committed. */
    void count(List<Ended> cells) {
        for (Ended cell : cells) {
            if (cell.unknown()) {
                metrics.executionUnknown(cell.region(), cell.modelId());
            }
            metrics.executionFinished(cell.region(), cell.modelId(), cell.status());
        }
    }
}
