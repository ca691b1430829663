package io.projectbeacon.runner.execution;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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

    /*
     * `owned` locks the job's row first, and finds it only while the job is running under this run's fence: so no claim
     * is made beside a takeover, a cancel or a finalise, which all change that row. Its columns are those of the row as
     * it was locked, not of the statement's snapshot.
     *
     * Each job is looked up by its key (LATERAL), however few the planner believes to be running: what it knows of them is
     * of a moment when few were, and the scan of all of them, once for each cell, would cost more than all the rest.
     *
     * The unique key decides between two claims of one cell, and ON CONFLICT sees the latest version of the row, not
     * the snapshot's. The WHERE clause is the table of answers: what it lets through becomes attempt + 1; a cell that
     * was running under an older fence becomes `unknown` instead if the job asked to hold and nobody saw its attempt end.
     * What it does not let through is not returned, and is not changed.
     *
     * Rows go in the order of the key, so that two statements that meet in several cells cannot each wait for the other.
     *
     * The answer has a row for each run that owns its job, and one for each cell that was let through.
     */
    private static final String CLAIM = """
            WITH owned AS MATERIALIZED (
              SELECT n, id, of_fence AS fence, retry_fence, retry_unknown, on_unknown
              FROM unnest(:runJobs, :runFences) WITH ORDINALITY AS run (job, of_fence, n)
              CROSS JOIN LATERAL (
                SELECT * FROM jobs WHERE id = job AND fence = of_fence AND status = 'running'
                FOR SHARE {locked}
              ) jobs
            ), touched AS (
              INSERT INTO executions AS e
                (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at)
              SELECT id, region, model, 'running', 1, 'running', asked.fence, claim, :runner, now.at, now.at
              FROM unnest(:jobs, :fences, :regions, :models, :claims::uuid[]) AS asked (job, fence, region, model, claim)
                JOIN owned ON owned.id = asked.job AND owned.fence = asked.fence,
                (SELECT clock_timestamp() AS at) now
              ORDER BY asked.job, region, model
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
                 FROM (SELECT e.outcome = 'running' AND on_unknown = 'hold' AS held
                       FROM owned WHERE owned.id = e.job_id) decision)
              WHERE (e.status IN ('failed', 'cancelled') AND e.fence <= (SELECT retry_fence FROM owned WHERE owned.id = e.job_id))
                 OR (e.status = 'running' AND e.fence < excluded.fence)
                 OR (e.status = 'unknown'
                   AND e.fence <= (SELECT retry_fence FROM owned WHERE owned.id = e.job_id AND retry_unknown))
              RETURNING e.job_id, e.region, e.model_id, e.id, e.status, e.attempt, e.definite_failures, e.answers,
                coalesce((e.past_attempts -> -1 ->> 'orphaned')::boolean, false) AS orphaned
            )
            SELECT NULL AS run, * FROM touched
            UNION ALL
            SELECT n, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM owned
            """.formatted(PastAttempt.endedAt("excluded.started_at"));

    /* One claim waits for whoever holds its job's row. */
    private static final String CLAIM_ALONE = Columns.ofOne(CLAIM.replace("{locked}", ""));

    /* Many do not: the cells of one job must not wait for what is done to another. What is passed over asks alone. */
    private static final String CLAIM_TOGETHER = CLAIM.replace("{locked}", "SKIP LOCKED");

    private static final String CLAIM_BATCH_OF_ONE = Columns.ofOne(CLAIM_TOGETHER);

    /**
     * What the statement did.
     *
     * @param owned the runs that were seen to own their jobs, which then stayed theirs until the commit
     * @param through the claims that no row stood in the way of
     */
    private record Decided(Set<Run> owned, Map<Cell, Claim> through) {}

    private final JdbcClient jdbc;
    private final StandingCells standing;
    private final RunnerName runner;
    private final ProviderName provider;

    ClaimGate(JdbcTemplate template, JsonMapper json, RunnerName runner, ProviderName provider) {
        this.jdbc = ImpatientClient.of(template);
        this.standing = new StandingCells(jdbc, json);
        this.runner = runner;
        this.provider = provider;
    }

    /**
     * Claims a cell, and waits for whoever holds its job's row.
     *
     * @throws DataAccessException when the check could not be made, twice: nothing was let through
     */
    Claim claim(Asked asked) {
        return AskedTwice.of(asked.run(), asked.region(), asked.modelId(), () -> claimOnce(asked));
    }

    /**
     * Claims many cells, once, in one commit.
     *
     * @return an answer for each, in order, as {@link #claim} would give it; empty where the job's row is held by
     *     somebody, or is not the run's: that is to be asked for alone
     * @throws DataAccessException when nobody knows what became of them: no call is made before each has asked again
     */
    List<Optional<Claim>> claimTogether(List<Asked> all) {
        // PostgreSQL does not touch a row twice in one statement. Who comes second to a cell finds the first's row.
        Map<Cell, Asked> first = new LinkedHashMap<>();
        all.forEach(asked -> first.putIfAbsent(asked.cell(), asked));
        Decided decided = decide(first.size() == 1 ? CLAIM_BATCH_OF_ONE : CLAIM_TOGETHER, List.copyOf(first.values()));
        List<Optional<Claim>> answers = new ArrayList<>(all.size());
        for (Asked asked : all) {
            // Taken out by the first, so that the second does not take it for its own.
            answers.add(Optional.ofNullable(decided.through().remove(asked.cell())));
        }
        answerFromRows(all, answers, decided.owned());
        return answers;
    }

    /** Answers what was not let through, as far as its run owns its job. */
    private void answerFromRows(List<Asked> all, List<Optional<Claim>> answers, Set<Run> owned) {
        List<Integer> stopped = IntStream.range(0, all.size())
                .filter(place -> answers.get(place).isEmpty()
                        && owned.contains(all.get(place).run()))
                .boxed()
                .toList();
        Map<Cell, StandingCells.Row> inTheWay =
                standing.of(stopped.stream().map(place -> all.get(place).cell()).collect(Collectors.toSet()));
        for (int place : stopped) {
            Asked asked = all.get(place);
            answers.set(place, Optional.ofNullable(inTheWay.get(asked.cell())).map(row -> row.answerTo(asked)));
        }
    }

    private Claim claimOnce(Asked asked) {
        Decided decided = decide(CLAIM_ALONE, List.of(asked));
        if (decided.owned().isEmpty()) {
            return new Claim.TurnedAway();
        }
        Claim through = decided.through().get(asked.cell());
        return through != null
                ? through
                : standing.of(asked.cell()).orElseThrow().answerTo(asked);
    }

    private Decided decide(String sql, List<Asked> asked) {
        List<Run> runs = asked.stream().map(Asked::run).distinct().toList();
        Decided decided = new Decided(new HashSet<>(), new HashMap<>());
        jdbc.sql(sql)
                .param("jobs", Columns.of(asked, Long[]::new, one -> one.run().jobId()))
                .param("fences", Columns.of(asked, Long[]::new, one -> one.run().fence()))
                .param("regions", Columns.of(asked, String[]::new, Asked::region))
                .param("models", Columns.of(asked, String[]::new, Asked::modelId))
                .param(
                        "claims",
                        Columns.of(asked, String[]::new, one -> one.claimId().toString()))
                .param("runJobs", Columns.of(runs, Long[]::new, Run::jobId))
                .param("runFences", Columns.of(runs, Long[]::new, Run::fence))
                .param("runner", runner.value())
                .param("provider", provider.value())
                .query(row -> {
                    String status = row.getString("status");
                    if (status == null) {
                        decided.owned().add(runs.get(row.getInt("run") - 1));
                    } else {
                        decided.through().put(standing.cell(row), through(status, row));
                    }
                });
        return decided;
    }

    private Claim through(String status, ResultSet row) throws SQLException {
        return switch (ExecutionStatus.of(status)) {
            case RUNNING -> standing.claimed(row);
            case UNKNOWN -> new Claim.Held();
            case COMPLETED, FAILED, CANCELLED ->
                throw new IllegalStateException("a claim cannot leave a row " + status);
        };
    }
}
