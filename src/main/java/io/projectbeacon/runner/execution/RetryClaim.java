package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.database.Durability;
import io.projectbeacon.runner.database.StatementForm;
import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.database.UninterruptedWrites;
import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.job.JobRows;
import io.projectbeacon.runner.job.QuestionKey;
import io.projectbeacon.runner.job.RunColumns;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** An automatic retry: a run claims its own cell again, for the attempt after the one that has ended. */
@Component
class RetryClaim {

    /* The row waits with its latest attempt ended. It is claimed under the same lock and fence as a first attempt. */
    private static final String CLAIM = """
            WITH owned AS MATERIALIZED (
              SELECT id
            %s)
            UPDATE executions e SET
              attempt = e.attempt + 1, outcome = 'running', attempt_ended_at = NULL,
              started_at = greatest(e.attempt_ended_at, clock_timestamp()),
              past_attempts = %s,
              error_code = NULL, error_message = NULL, error_http_status = NULL, error_retryable = NULL,
              error_provider = NULL, error_paid = NULL, error_answer = NULL
            FROM owned
            WHERE e.job_id = owned.id AND e.id = :execution AND e.attempt = :attempt AND e.claim_id = :claim
              AND e.status = 'running' AND e.outcome <> 'running'
            RETURNING e.id, e.attempt, %s, e.definite_failures, e.key_numbers,
              e.attempts_counted, e.repeats_counted, %s AS in_doubt, NULL AS orphaned
            """.formatted(
                    JobRows.owned(StatementForm.ALONE, "FOR SHARE"),
                    PastAttempt.endedAt("clock_timestamp()"),
                    ExistingExecutions.ANSWERED,
                    QuestionKey.IN_DOUBT);

    private final JdbcClient jdbc;
    private final ExistingExecutions existing;
    private final Durability durability;
    private final UninterruptedWrites writes;
    private final BeaconMetrics metrics;

    RetryClaim(JdbcTemplate template, JsonMapper json, UninterruptedWrites writes, BeaconMetrics metrics) {
        this.jdbc = TimeLimitedJdbc.of(template);
        this.durability = Durability.of(template);
        this.existing = new ExistingExecutions(jdbc, json);
        this.writes = writes;
        this.metrics = metrics;
    }

    /**
     * Claims the cell.
     *
     * @return empty when the job, or the cell, is not this run's any more
     * @throws DataAccessException when the check could not be made, twice: nothing was let through
     */
    Optional<ClaimResult.Claimed> claim(Attempt ended) {
        return writes.once(() -> {
            long begin = System.nanoTime();
            try {
                return ClaimStatement.askedTwice(ended.run(), ended.region(), ended.modelId(), () -> claimOnce(ended));
            } finally {
                metrics.claimTook(Duration.ofNanos(System.nanoTime() - begin));
            }
        });
    }

    private Optional<ClaimResult.Claimed> claimOnce(Attempt ended) {
        durability.beforeNewWork();
        Optional<ClaimResult.Claimed> claimed = jdbc.sql(CLAIM)
                .params(RunColumns.of(List.of(ended.run())))
                .param("execution", ended.executionId())
                .param("attempt", ended.number())
                .param("claim", ended.claimId())
                .query((row, n) -> existing.claimed(row))
                .optional();
        return claimed.isPresent() ? claimed : claimedBefore(ended);
    }

    /** A statement whose answer was lost may have claimed the attempt: then the row is ours, one attempt on. */
    private Optional<ClaimResult.Claimed> claimedBefore(Attempt ended) {
        return durability
                .read(() -> existing.of(new Cell(ended.run().jobId(), ended.region(), ended.modelId())))
                .filter(row -> row.status() == ExecutionStatus.RUNNING
                        && row.claimId().equals(ended.claimId())
                        && row.attempt() == ended.number() + 1)
                .map(ExistingExecutions.Row::claimed);
    }
}
