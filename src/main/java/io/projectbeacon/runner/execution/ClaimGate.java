package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/**
 * The existence check and the reservation of a cell, in one statement: claim before you pay.
 *
 * <p>A statement that takes longer than 3 s lets nothing through: it throws, and no call is made. An answer that was lost
 * is asked for once more under the same claim id, by which a row that was written after all is known as ours.
 */
@Component
class ClaimGate {

    static final int TIMEOUT_SECONDS = 3;

    private static final Logger log = LoggerFactory.getLogger(ClaimGate.class);

    /* What an attempt leaves behind when the next one takes its place in the row. One without an end is an orphan. */
    private static final String PAST_ATTEMPT = """
            jsonb_build_object(
              'attempt', e.attempt, 'runner', e.runner, 'fence', e.fence, 'started_at', e.started_at,
              'ended_at', coalesce(e.completed_at, e.attempt_ended_at, greatest(e.started_at, %s)),
              'outcome', CASE WHEN e.outcome = 'running' THEN 'unknown' ELSE e.outcome END,
              'orphaned', e.outcome = 'running')""";

    /*
     * `owned` locks the job's row first, and finds it only while the job is running under this run's fence: so no claim
     * is made beside a takeover, a cancel or a finalise, which all change that row. Its columns are those of the row as
     * it was locked, not of the statement's snapshot.
     *
     * The unique key decides between two claims of one cell, and ON CONFLICT sees the latest version of the row, not
     * the snapshot's. The WHERE clause is the table of answers: what it lets through becomes attempt + 1; a cell that
     * was running under an older fence becomes `unknown` instead if the job asked to hold and nobody saw its attempt end.
     * What it does not let through is not returned, and is not changed.
     */
    private static final String CLAIM = """
            WITH owned AS MATERIALIZED (
              SELECT id, fence, retry_fence, retry_unknown, on_unknown
              FROM jobs
              WHERE id = :job AND fence = :fence AND status = 'running'
              FOR SHARE
            ), touched AS (
              INSERT INTO executions AS e
                (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at)
              SELECT id, :region, :model, 'running', 1, 'running', fence, :claim, :runner, now.at, now.at
              FROM owned, (SELECT clock_timestamp() AS at) now
              ON CONFLICT (job_id, region, model_id) DO UPDATE SET
                (status, attempt, outcome, fence, claim_id, runner, started_at, completed_at, past_attempts, attempt_ended_at,
                 error_code, error_message, error_http_status, error_retryable, error_provider) =
                (SELECT
                   CASE WHEN held THEN 'unknown' ELSE 'running' END,
                   CASE WHEN held THEN e.attempt ELSE e.attempt + 1 END,
                   CASE WHEN held THEN 'unknown' ELSE 'running' END,
                   CASE WHEN held THEN e.fence ELSE excluded.fence END,
                   CASE WHEN held THEN e.claim_id ELSE excluded.claim_id END,
                   CASE WHEN held THEN e.runner ELSE excluded.runner END,
                   CASE WHEN held THEN e.started_at ELSE greatest(e.started_at, excluded.started_at) END,
                   CASE WHEN held THEN greatest(e.started_at, excluded.started_at) END,
                   CASE WHEN held THEN e.past_attempts ELSE e.past_attempts || %s END,
                   NULL::timestamptz,
                   CASE WHEN held THEN 'run_gone' END,
                   CASE WHEN held THEN 'The run that made the call is gone, and nobody saw the end of the call' END,
                   NULL::integer,
                   CASE WHEN held THEN false END,
                   CASE WHEN held THEN :provider END
                 FROM (SELECT e.outcome = 'running' AND on_unknown = 'hold' AS held FROM owned) decision)
              WHERE (e.status IN ('failed', 'cancelled') AND e.fence <= (SELECT retry_fence FROM owned))
                 OR (e.status = 'running' AND e.fence < excluded.fence)
                 OR (e.status = 'unknown' AND e.fence <= (SELECT retry_fence FROM owned WHERE retry_unknown))
              RETURNING e.id, e.status, e.attempt, e.definite_failures, e.answers,
                coalesce((e.past_attempts -> -1 ->> 'orphaned')::boolean, false) AS orphaned
            )
            SELECT (SELECT count(*) FROM owned) AS owned, t.*
            FROM (SELECT 1) one LEFT JOIN touched t ON true
            """.formatted(PAST_ATTEMPT.formatted("excluded.started_at"));

    /*
     * An automatic retry: a claim of one's own row, which waits with its latest attempt ended, under the same lock and
     * fence.
     */
    private static final String AGAIN = """
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
            """.formatted(PAST_ATTEMPT.formatted("clock_timestamp()"));

    /*
     * What stood in the way. Read after the claim, because the claim's own snapshot cannot see a concurrent winner. The
     * newest row speaks for the cell; there is only one as long as the unique key stands.
     */
    private static final String EXISTING = """
            SELECT id, status, attempt, fence, claim_id, definite_failures, answers,
              coalesce((past_attempts -> -1 ->> 'orphaned')::boolean, false) AS orphaned,
              count(*) OVER () AS existing_count
            FROM executions
            WHERE job_id = :job AND region = :region AND model_id = :model
            ORDER BY id DESC
            LIMIT 1
            """;

    /** @param claimed what the row is to whom it belongs */
    private record Existing(Claim.Claimed claimed, ExecutionStatus status, long fence, UUID claimId, int count) {

        int attempt() {
            return claimed.attempt();
        }
    }

    private final JdbcClient jdbc;
    private final JsonMapper json;
    private final BeaconMetrics metrics;
    private final RunnerName runner;
    private final ProviderName provider;

    ClaimGate(JdbcTemplate template, JsonMapper json, BeaconMetrics metrics, RunnerName runner, ProviderName provider) {
        JdbcTemplate impatient = new JdbcTemplate(Objects.requireNonNull(template.getDataSource()));
        impatient.setQueryTimeout(TIMEOUT_SECONDS);
        this.jdbc = JdbcClient.create(impatient);
        this.json = json;
        this.metrics = metrics;
        this.runner = runner;
        this.provider = provider;
    }

    /**
     * Claims a cell for a run.
     *
     * @param claimId random, one for each time that a run comes to a cell
     * @throws DataAccessException when the check could not be made, twice: nothing was let through
     */
    Claim claim(Run run, String region, String modelId, UUID claimId) {
        return twice(run, region, modelId, () -> claimOnce(run, region, modelId, claimId));
    }

    /**
     * Claims the cell of an attempt that has ended for the next attempt of the same run.
     *
     * @return empty when the job, or the cell, is not this run's any more
     * @throws DataAccessException when the check could not be made, twice: nothing was let through
     */
    Optional<Claim.Claimed> again(Attempt ended) {
        return twice(ended.run(), ended.region(), ended.modelId(), () -> againOnce(ended));
    }

    private <T> T twice(Run run, String region, String modelId, Supplier<T> check) {
        long begin = System.nanoTime();
        try {
            return check.get();
        } catch (DataAccessException lost) {
            log.atWarn()
                    .addKeyValue("job_id", run.jobspecId())
                    .addKeyValue("region", region)
                    .addKeyValue("model_id", modelId)
                    .log(
                            "The claim's answer was lost, asking once more: {}",
                            NestedExceptionUtils.getMostSpecificCause(lost).getMessage());
            return check.get();
        } finally {
            metrics.claimTook(Duration.ofNanos(System.nanoTime() - begin));
        }
    }

    private Optional<Claim.Claimed> againOnce(Attempt ended) {
        Optional<Claim.Claimed> claimed = jdbc.sql(AGAIN)
                .param("job", ended.run().jobId())
                .param("fence", ended.run().fence())
                .param("execution", ended.executionId())
                .param("attempt", ended.number())
                .param("claim", ended.claimId())
                .query((row, n) -> claimed(row))
                .optional();
        return claimed.isPresent() ? claimed : claimedBefore(ended);
    }

    /** The attempt may have been claimed by a statement whose answer was lost: then the row is ours, one attempt on. */
    private Optional<Claim.Claimed> claimedBefore(Attempt ended) {
        return existing(ended.run(), ended.region(), ended.modelId())
                .filter(row -> row.status() == ExecutionStatus.RUNNING
                        && row.claimId().equals(ended.claimId())
                        && row.attempt() == ended.number() + 1)
                .map(Existing::claimed);
    }

    private Claim claimOnce(Run run, String region, String modelId, UUID claimId) {
        Optional<Claim> decided = jdbc.sql(CLAIM)
                .param("job", run.jobId())
                .param("fence", run.fence())
                .param("region", region)
                .param("model", modelId)
                .param("claim", claimId)
                .param("runner", runner.value())
                .param("provider", provider.value())
                .query((row, n) -> decide(row))
                .single();
        return decided.orElseGet(() -> standing(run, region, modelId, claimId));
    }

    /** Empty when a row stood in the way. */
    private Optional<Claim> decide(ResultSet row) throws SQLException {
        if (row.getLong("owned") == 0) {
            return Optional.of(new Claim.TurnedAway());
        }
        String status = row.getString("status");
        if (status == null) {
            return Optional.empty();
        }
        return Optional.of(
                switch (ExecutionStatus.of(status)) {
                    case RUNNING -> claimed(row);
                    case UNKNOWN -> new Claim.Held();
                    case COMPLETED, FAILED, CANCELLED ->
                        throw new IllegalStateException("a claim cannot leave a row " + status);
                });
    }

    private Claim standing(Run run, String region, String modelId, UUID claimId) {
        Existing row = existing(run, region, modelId).orElseThrow();
        boolean underThisRun = row.fence() == run.fence();
        return switch (row.status()) {
            case RUNNING ->
                row.claimId().equals(claimId) ? row.claimed() : underThisRun ? stopped(row) : new Claim.TurnedAway();
            case COMPLETED -> stopped(row);
            case FAILED, CANCELLED, UNKNOWN -> new Claim.Left();
        };
    }

    private Optional<Existing> existing(Run run, String region, String modelId) {
        return jdbc.sql(EXISTING)
                .param("job", run.jobId())
                .param("region", region)
                .param("model", modelId)
                .query((row, n) -> new Existing(
                        claimed(row),
                        ExecutionStatus.of(row.getString("status")),
                        row.getLong("fence"),
                        row.getObject("claim_id", UUID.class),
                        row.getInt("existing_count")))
                .optional();
    }

    private static Claim stopped(Existing row) {
        return new Claim.Stopped(row.claimed().executionId(), row.status(), row.fence(), row.count());
    }

    private Claim.Claimed claimed(ResultSet row) throws SQLException {
        return new Claim.Claimed(
                row.getLong("id"),
                row.getInt("attempt"),
                row.getInt("definite_failures"),
                List.copyOf(json.readTree(row.getString("answers")).values()),
                row.getBoolean("orphaned"));
    }
}
