package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.database.BatchStatement;
import io.projectbeacon.runner.database.ColumnArrays;
import io.projectbeacon.runner.database.Durability;
import io.projectbeacon.runner.database.StatementForm;
import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.ProviderName;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunnerName;
import io.projectbeacon.runner.job.JobRows;
import io.projectbeacon.runner.job.QuestionKey;
import io.projectbeacon.runner.job.RunColumns;
import io.projectbeacon.runner.logs.Failures;
import io.projectbeacon.runner.logs.SparingLog;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/**
 * The existence check and the reservation of a cell, in one statement: claim before you pay.
 *
 * <p>A statement that takes longer than 3 s lets nothing through: it throws, and no call is made. If its answer was
 * lost, the claim is sent once more under the same claim id, by which a row that was written after all is known as
 * ours.
 */
@Component
class ClaimStatement {

    private static final Logger log = LoggerFactory.getLogger(ClaimStatement.class);
    private static final SparingLog LOST_ANSWERS = new SparingLog();

    /*
     * A batch skips locked jobs, so that the cells of one job do not wait for what is done to another; each skipped
     * cell is claimed alone, and waits for the lock of its job's row.
     */
    private static final BatchStatement CLAIM = BatchStatement.of(ClaimStatement::sql);

    private final JdbcClient jdbc;
    private final ExistingExecutions existing;
    private final FirstClaims firstClaims;
    private final Durability durability;
    private final RunnerName runner;
    private final ProviderName provider;

    ClaimStatement(JdbcTemplate template, JsonMapper json, RunnerName runner, ProviderName provider) {
        this.jdbc = TimeLimitedJdbc.of(template);
        this.durability = Durability.of(template);
        this.existing = new ExistingExecutions(jdbc, json);
        this.firstClaims = new FirstClaims(jdbc, durability, runner);
        this.runner = runner;
        this.provider = provider;
    }

    /**
     * The statement. It answers one row for each run that owns its job, and one for each cell whose row it wrote.
     *
     * <p>`owned` locks the job's row first, and finds it only while the job is running under this run's fence: so no claim
     * is made beside a takeover, a cancel or the finishing of the job, which all change that row.
     *
     * <p>The unique key decides between two claims of one cell, and ON CONFLICT sees the latest version of the row, not the
     * snapshot's. The WHERE clause is the table of answers in docs/architecture.md: a row that it lets through becomes
     * attempt + 1. Only a cell that is `held` becomes `unknown` instead, and is not called: its job asked to hold, and the
     * end of its attempt was not seen (an `outcome` that is still `running`). A cell that a retry with new keys covers is
     * `renewed`: the key of its next question is given up. What counts against `max-attempts` is kept when a run goes on where
     * an earlier one stopped, and an attempt whose end was not seen counts. A row that the clause does not let through is
     * neither returned nor changed.
     *
     * <p>Rows go in the order of the key, so that two statements that meet in several cells cannot deadlock.
     */
    private static String sql(StatementForm form) {
        return """
                WITH owned AS MATERIALIZED (
                  SELECT n, id, of_fence AS fence, retry_fence, retry_unknown, retry_new_keys, on_unknown
                """ + JobRows.owned(form, "FOR SHARE")
                + """
                ), touched AS (
                  INSERT INTO executions AS e
                    (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at,
                     started_at)
                  SELECT id, region, model, 'running', 1, 'running', asked.fence, claim, :runner, now.at, now.at
                  FROM %s AS asked (job, fence, region, model, claim)
                    JOIN owned ON owned.id = asked.job AND owned.fence = asked.fence,
                    (SELECT clock_timestamp() AS at) now
                  ORDER BY asked.job, region, model
                  ON CONFLICT (job_id, region, model_id) DO UPDATE SET
                    (status, attempt, outcome, fence, claim_id, runner, started_at, completed_at, past_attempts,
                     attempt_ended_at, key_numbers, error_code, error_message, error_http_status, error_retryable,
                     error_provider, error_paid, error_answer, attempts_counted, repeats_counted) =
                    (SELECT
                       CASE WHEN held THEN 'unknown' ELSE 'running' END,
                       CASE WHEN held THEN e.attempt ELSE e.attempt + 1 END,
                       CASE WHEN held THEN 'unknown' ELSE 'running' END,
                       CASE WHEN held THEN e.fence ELSE excluded.fence END,
                       CASE WHEN held THEN e.claim_id ELSE excluded.claim_id END,
                       CASE WHEN held THEN e.runner ELSE excluded.runner END,
                       CASE WHEN held THEN e.started_at ELSE greatest(e.started_at, excluded.started_at) END,
                       CASE WHEN held THEN greatest(e.started_at, excluded.started_at) END,
                       CASE WHEN held THEN e.past_attempts ELSE %s END,
                       NULL::timestamptz,
                       CASE WHEN renewed THEN %s ELSE e.key_numbers END,
                       CASE WHEN held THEN %s END,
                       CASE WHEN held THEN %s END,
                       NULL::integer,
                       CASE WHEN held THEN false END,
                       CASE WHEN held THEN :provider END,
                       NULL::boolean,
                       NULL::json,
                       CASE WHEN e.status <> 'running' THEN 0
                         ELSE e.attempts_counted + CASE WHEN e.outcome = 'running' THEN 1 ELSE 0 END END,
                       CASE WHEN e.status <> 'running' THEN 0 ELSE e.repeats_counted END
                     FROM (SELECT e.outcome = 'running' AND on_unknown = 'hold' AS held,
                             e.status <> 'running' AND retry_new_keys AS renewed
                           FROM owned WHERE owned.id = e.job_id) decision)
                  WHERE (e.status IN ('failed', 'cancelled')
                      AND e.fence <= (SELECT retry_fence FROM owned WHERE owned.id = e.job_id))
                     OR (e.status = 'running' AND e.fence < excluded.fence)
                     OR (e.status = 'unknown'
                       AND e.fence <= (SELECT retry_fence FROM owned WHERE owned.id = e.job_id AND retry_unknown))
                  RETURNING e.job_id, e.region, e.model_id, e.id, e.status, e.attempt, %s, e.definite_failures,
                    e.key_numbers, e.attempts_counted, e.repeats_counted, %s AS in_doubt,
                    CASE WHEN e.status = 'unknown' THEN e.error_code ELSE %s END AS orphaned
                )
                SELECT NULL AS run, * FROM touched
                UNION ALL
                SELECT n, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM owned
                """.formatted(
                                form.rows(":jobs", ":fences", ":regions", ":models", ":claims::uuid[]"),
                                PastAttempt.endedAt("excluded.started_at"),
                                QuestionKey.GIVEN_UP,
                                PastAttempt.ORPHANS_CODE,
                                PastAttempt.ORPHANS_MESSAGE,
                                ExistingExecutions.ANSWERED,
                                QuestionKey.IN_DOUBT,
                                PastAttempt.ORPHANED);
    }

    /**
     * Claims a cell, and waits for the lock of its job's row.
     *
     * @throws DataAccessException when the check could not be made, twice: nothing was let through
     */
    ClaimResult claim(ClaimRequest request) {
        return askedTwice(request.run(), request.region(), request.modelId(), () -> claimOnce(request));
    }

    /**
     * Claims many cells in one commit, or in two: those of first runs are {@link FirstClaims}. It is not sent a second time.
     *
     * @return an answer for each, in order, as {@link #claim} would give it; empty where the job's row was locked, or
     *     is not the run's: that cell is to be claimed alone
     * @throws DataAccessException when the answers were lost: no call is made before each cell has been claimed alone
     */
    List<Optional<ClaimResult>> claimTogether(List<ClaimRequest> requests) {
        // PostgreSQL does not touch a row twice in one statement. The second claim of a cell is answered from its row.
        Map<Cell, ClaimRequest> first = new LinkedHashMap<>();
        requests.forEach(request -> first.putIfAbsent(request.cell(), request));
        Decided decided =
                firstClaims.decide(List.copyOf(first.values()), batch -> decide(CLAIM.together(batch.size()), batch));
        List<Optional<ClaimResult>> answers = new ArrayList<>(requests.size());
        for (ClaimRequest request : requests) {
            // Removed by the first claim, so that the second does not take the row for its own.
            answers.add(Optional.ofNullable(decided.written().remove(request.cell())));
        }
        answerFromRows(requests, answers, decided.owned());
        return answers;
    }

    /** Answers the claims that wrote no row, if their runs own their jobs. */
    private void answerFromRows(List<ClaimRequest> requests, List<Optional<ClaimResult>> answers, Set<Run> owned) {
        List<Integer> stopped = IntStream.range(0, requests.size())
                .filter(place -> answers.get(place).isEmpty()
                        && owned.contains(requests.get(place).run()))
                .boxed()
                .toList();
        if (stopped.isEmpty()) {
            return;
        }
        Map<Cell, ExistingExecutions.Row> inTheWay = durability.read(() -> existing.of(
                stopped.stream().map(place -> requests.get(place).cell()).collect(Collectors.toSet())));
        for (int place : stopped) {
            ClaimRequest request = requests.get(place);
            answers.set(place, Optional.ofNullable(inTheWay.get(request.cell())).map(row -> row.answerTo(request)));
        }
    }

    private ClaimResult claimOnce(ClaimRequest request) {
        Decided decided = decide(CLAIM.alone(), List.of(request));
        if (decided.owned().isEmpty()) {
            return new ClaimResult.RunReplaced();
        }
        ClaimResult written = decided.written().get(request.cell());
        // Read, so it proves nothing unless it is confirmed: a row of this very claim may be one that no standby has.
        return written != null
                ? written
                : durability
                        .read(() -> existing.of(request.cell()))
                        .orElseThrow()
                        .answerTo(request);
    }

    private Decided decide(String sql, List<ClaimRequest> requests) {
        durability.beforeNewWork();
        List<Run> runs = requests.stream().map(ClaimRequest::run).distinct().toList();
        Decided decided = Decided.nothing();
        jdbc.sql(sql)
                .params(ColumnArrays.of(requests)
                        .longs("jobs", request -> request.run().jobId())
                        .longs("fences", request -> request.run().fence())
                        .texts("regions", ClaimRequest::region)
                        .texts("models", ClaimRequest::modelId)
                        .texts("claims", request -> request.claimId().toString())
                        .parameters())
                .params(RunColumns.of(runs))
                .param("runner", runner.value())
                .param("provider", provider.value())
                .query(row -> {
                    String status = row.getString("status");
                    if (status == null) {
                        decided.owned().add(runs.get(row.getInt("run") - 1));
                    } else {
                        decided.written().put(existing.cell(row), written(status, row));
                    }
                });
        return decided;
    }

    private ClaimResult written(String status, ResultSet row) throws SQLException {
        return switch (ExecutionStatus.of(status)) {
            case RUNNING -> existing.claimed(row);
            case UNKNOWN ->
                new ClaimResult.HeldUnknown(
                        row.getInt("attempt"), Objects.requireNonNull(ExistingExecutions.orphaned(row)));
            case COMPLETED, FAILED, CANCELLED ->
                throw new IllegalStateException("a claim cannot leave a row " + status);
        };
    }

    /**
     * Makes a check, and makes it once more if its answer was lost. The check must know what its first try wrote as its
     * own.
     *
     * @throws DataAccessException when the second try had no answer either
     */
    static <T> T askedTwice(Run run, String region, String modelId, Supplier<T> check) {
        try {
            return check.get();
        } catch (DataAccessException lost) {
            LOST_ANSWERS.line(before -> log.atWarn()
                    .addKeyValue("job_id", run.jobspecId())
                    .addKeyValue("region", region)
                    .addKeyValue("model_id", modelId)
                    .addKeyValue("also_before", before)
                    .log("The claim's answer was lost, asking once more: {}", Failures.inWords(lost)));
            return check.get();
        }
    }
}
