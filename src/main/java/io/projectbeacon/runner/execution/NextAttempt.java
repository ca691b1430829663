package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.time.Duration;
import java.util.Optional;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** An automatic retry: a run claims its own cell again, for the attempt after the one that has ended. */
@Component
class NextAttempt {

    /* The row waits with its latest attempt ended. It is claimed under the same lock and fence as a first attempt. */
    private static final String CLAIM = """
            WITH owned AS MATERIALIZED (
              SELECT id FROM jobs WHERE id = :job AND fence = :fence AND status = 'running' FOR SHARE
            )
            UPDATE executions e SET
              attempt = e.attempt + 1, outcome = 'running', attempt_ended_at = NULL,
              started_at = greatest(e.attempt_ended_at, clock_timestamp()),
              past_attempts = e.past_attempts || %s,
              error_code = NULL, error_message = NULL, error_http_status = NULL, error_retryable = NULL,
              error_provider = NULL
            FROM owned
            WHERE e.job_id = owned.id AND e.id = :execution AND e.attempt = :attempt AND e.claim_id = :claim
              AND e.status = 'running' AND e.outcome <> 'running'
            RETURNING e.id, e.attempt, e.definite_failures, e.answers, false AS orphaned
            """.formatted(PastAttempt.endedAt("clock_timestamp()"));

    private final JdbcClient jdbc;
    private final StandingCells standing;
    private final BeaconMetrics metrics;

    NextAttempt(JdbcTemplate template, JsonMapper json, BeaconMetrics metrics) {
        this.jdbc = ImpatientClient.of(template);
        this.standing = new StandingCells(jdbc, json);
        this.metrics = metrics;
    }

    /**
     * Claims the cell.
     *
     * @return empty when the job, or the cell, is not this run's any more
     * @throws DataAccessException when the check could not be made, twice: nothing was let through
     */
    Optional<Claim.Claimed> claim(Attempt ended) {
        long begin = System.nanoTime();
        try {
            return AskedTwice.of(ended.run(), ended.region(), ended.modelId(), () -> claimOnce(ended));
        } finally {
            metrics.claimTook(Duration.ofNanos(System.nanoTime() - begin));
        }
    }

    private Optional<Claim.Claimed> claimOnce(Attempt ended) {
        Optional<Claim.Claimed> claimed = jdbc.sql(CLAIM)
                .param("job", ended.run().jobId())
                .param("fence", ended.run().fence())
                .param("execution", ended.executionId())
                .param("attempt", ended.number())
                .param("claim", ended.claimId())
                .query((row, n) -> standing.claimed(row))
                .optional();
        return claimed.isPresent() ? claimed : claimedBefore(ended);
    }

    /** The attempt may have been claimed by a statement whose answer was lost: then the row is ours, one attempt on. */
    private Optional<Claim.Claimed> claimedBefore(Attempt ended) {
        return standing.of(new Cell(ended.run().jobId(), ended.region(), ended.modelId()))
                .filter(row -> row.status() == ExecutionStatus.RUNNING
                        && row.claimId().equals(ended.claimId())
                        && row.attempt() == ended.number() + 1)
                .map(StandingCells.Row::claimed);
    }
}
