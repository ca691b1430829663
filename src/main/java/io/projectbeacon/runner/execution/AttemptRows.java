package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.inference.InferenceResult.Failure;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes what attempts brought into their rows, guarded by the attempt's number: the cell's own fence.
 *
 * <p>A row that takes nothing is no error here: who asked has to find out why.
 */
@Component
class AttemptRows {

    /** A row's new state, ready to be written. */
    record End(Attempt attempt, RowState state, String answers) {

        @Nullable
        String code() {
            Failure failure = state.failure();
            return failure == null ? null : withoutNul(failure.code());
        }

        @Nullable
        String message() {
            Failure failure = state.failure();
            return failure == null ? null : withoutNul(failure.message());
        }

        @Nullable
        Integer http() {
            Failure failure = state.failure();
            return failure == null ? null : failure.httpStatus();
        }

        @Nullable
        Boolean retryable() {
            return state.failure() == null ? null : state.retryable();
        }

        /** PostgreSQL has no U+0000 in text. */
        private static String withoutNul(String text) {
            return text.replace("\0", "");
        }
    }

    /* Rows go in one order, so that two statements that meet in several cells do not each wait for the other. */
    private static final String ENDED = """
            WITH ended AS MATERIALIZED (
              SELECT * FROM unnest(:jobs, :fences, :executions, :attempts, :statuses, :outcomes, :answers,
                  :codes::text[], :messages::text[], :https::integer[], :retryables::boolean[])
                WITH ORDINALITY AS ended (job, fence, execution, attempt, status, outcome, answers,
                  code, message, http, retryable, n)
              ORDER BY job, execution
            )
            """;

    /*
     * A failure that the provider answered with is one that it may remember; of a call that was never sent it knows nothing.
     */
    private static final String GUARDED_UPDATE = """
            UPDATE executions e SET
              status = ended.status, outcome = ended.outcome, answers = ended.answers::json,
              completed_at = CASE WHEN ended.status <> 'running' THEN greatest(e.started_at, clock_timestamp()) END,
              attempt_ended_at = CASE WHEN ended.status = 'running' AND ended.outcome <> 'running'
                THEN greatest(e.started_at, clock_timestamp()) END,
              definite_failures = e.definite_failures + CASE WHEN ended.outcome = 'failed' AND ended.http IS NOT NULL
                THEN 1 ELSE 0 END,
              error_code = ended.code, error_message = ended.message, error_http_status = ended.http,
              error_retryable = ended.retryable,
              error_provider = CASE WHEN ended.code IS NOT NULL THEN :provider END
            """;

    /* An end whose answer was lost is written again, and must not count its definite failure twice. */
    private static final String ONCE = "AND e.attempt_ended_at IS NULL";

    /*
     * The job's row is locked first, and found only while the run owns it. Who changes cells for another reason (a cancel,
     * a takeover, a late answer) holds that row too, so the rows of the cells are not locked beforehand: a lock costs half
     * of what the update does.
     */
    private static final String OWNED = ENDED + """
            , owned AS MATERIALIZED (
              SELECT id, of_fence AS fence
              FROM unnest(:runJobs, :runFences) AS run (job, of_fence)
              CROSS JOIN LATERAL (
                SELECT id FROM jobs WHERE id = job AND fence = of_fence AND status = 'running'
                FOR SHARE {locked}
              ) jobs
            )
            """ + GUARDED_UPDATE + """
            FROM ended JOIN owned ON owned.id = ended.job AND owned.fence = ended.fence
            WHERE e.job_id = ended.job AND e.id = ended.execution AND e.attempt = ended.attempt
              AND e.status IN ('running', 'unknown')
            """ + ONCE + " RETURNING ended.n";

    /* Beside a finalise or a cancel this waits for the job's row, and then finds that the run is over. */
    private static final String OWNED_ALONE = Columns.ofOne(OWNED.replace("{locked}", ""));

    /* Many do not wait for a job, so that no job holds up another. What is passed over is written alone. */
    private static final String OWNED_TOGETHER = OWNED.replace("{locked}", "SKIP LOCKED");

    private static final String OWNED_BATCH_OF_ONE = Columns.ofOne(OWNED_TOGETHER);

    /*
     * A cell that somebody has given up as unknown meanwhile can still be ended, but does not go on, and does not become
     * unknown again.
     */
    private static final String LATE = Columns.ofOne(ENDED + GUARDED_UPDATE + """
            FROM ended
            WHERE e.job_id = ended.job AND e.id = ended.execution AND e.attempt = ended.attempt
              AND (e.status = 'running' OR e.status = 'unknown' AND ended.status NOT IN ('running', 'unknown'))
            """ + ONCE + " RETURNING ended.n");

    /* The run has lost its job, but nobody has claimed the cell again: the answer is paid for and is kept. */
    private static final String KEEP_ANSWERS = """
            UPDATE executions SET answers = :answers::json
            WHERE job_id = :job AND id = :execution AND attempt = :attempt AND status IN ('running', 'unknown')
            """;

    private final JdbcClient jdbc;
    private final JsonMapper json;
    private final ProviderName provider;

    AttemptRows(JdbcTemplate template, JsonMapper json, ProviderName provider) {
        this.jdbc = ImpatientClient.of(template);
        this.json = json;
        this.provider = provider;
    }

    End end(Attempt attempt, RowState state) {
        return new End(attempt, state, json.writeValueAsString(state.answers()));
    }

    /**
     * Writes many ends, of any jobs, in one commit. It waits for no job, and for nothing else longer than 3 s.
     *
     * @return the places in the list of those that were written
     */
    Set<Integer> ownedTogether(List<End> ends) {
        return write(ends.size() == 1 ? OWNED_BATCH_OF_ONE : OWNED_TOGETHER, ends);
    }

    /** Writes an end while its run owns its job, and waits for whoever holds the job's row, but not longer than 3 s. */
    boolean owned(End end) {
        return !write(OWNED_ALONE, List.of(end)).isEmpty();
    }

    /** Writes an end whoever owns the job, in a transaction that holds the job's row. */
    boolean late(End end) {
        return !write(LATE, List.of(end)).isEmpty();
    }

    /** Keeps answers whoever owns the job, in a transaction that holds the job's row. */
    boolean keepAnswers(End end) {
        return jdbc.sql(KEEP_ANSWERS)
                        .param("job", end.attempt().run().jobId())
                        .param("execution", end.attempt().executionId())
                        .param("attempt", end.attempt().number())
                        .param("answers", end.answers())
                        .update()
                == 1;
    }

    private Set<Integer> write(String sql, List<End> ends) {
        List<Run> runs =
                ends.stream().map(end -> end.attempt().run()).distinct().toList();
        return new HashSet<>(jdbc.sql(sql)
                .param(
                        "jobs",
                        Columns.of(ends, Long[]::new, end -> end.attempt().run().jobId()))
                .param(
                        "fences",
                        Columns.of(ends, Long[]::new, end -> end.attempt().run().fence()))
                .param(
                        "executions",
                        Columns.of(ends, Long[]::new, end -> end.attempt().executionId()))
                .param(
                        "attempts",
                        Columns.of(ends, Integer[]::new, end -> end.attempt().number()))
                .param(
                        "statuses",
                        Columns.of(
                                ends, String[]::new, end -> end.state().status().wireName()))
                .param(
                        "outcomes",
                        Columns.of(
                                ends,
                                String[]::new,
                                end -> end.state().outcome().wireName()))
                .param("answers", Columns.of(ends, String[]::new, End::answers))
                .param("codes", Columns.unlessNull(ends, String[]::new, End::code))
                .param("messages", Columns.unlessNull(ends, String[]::new, End::message))
                .param("https", Columns.unlessNull(ends, Integer[]::new, End::http))
                .param("retryables", Columns.unlessNull(ends, Boolean[]::new, End::retryable))
                .param("runJobs", Columns.of(runs, Long[]::new, Run::jobId))
                .param("runFences", Columns.of(runs, Long[]::new, Run::fence))
                .param("provider", provider.value())
                .query((row, n) -> row.getInt("n") - 1)
                .list());
    }
}
