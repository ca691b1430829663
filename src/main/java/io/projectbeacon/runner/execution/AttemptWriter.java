package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.database.BatchStatement;
import io.projectbeacon.runner.database.ColumnArrays;
import io.projectbeacon.runner.database.GroupCommit;
import io.projectbeacon.runner.database.GroupCommit.Written;
import io.projectbeacon.runner.database.GroupCommits;
import io.projectbeacon.runner.database.StatementForm;
import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.domain.ProviderName;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.job.ErasedCells;
import io.projectbeacon.runner.job.JobRows;
import io.projectbeacon.runner.job.QuestionKey;
import io.projectbeacon.runner.job.RunColumns;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes what attempts brought into the rows of their cells, those of many cells in one batch, guarded by the attempt's
 * number: the cell's own fence.
 *
 * <p>A row that takes nothing is no error here: the caller has to find out why.
 */
@Component
class AttemptWriter {

    /** Enough for one commit to cost each cell next to nothing, and few enough for a statement of some milliseconds. */
    private static final int LARGEST_BATCH = 1000;

    /** So many characters of answers take as much of a batch as one more cell: a response may have megabytes. */
    private static final int CHARACTERS = 4_096;

    /* An end whose answer was lost is written again, and must not give a key up twice. */
    private static final String ONCE = "AND e.attempt_ended_at IS NULL";

    private static final String APPENDS = " AND " + AppendedAnswers.guard("ended.stored", "ended.answered");

    /*
     * A batch skips locked jobs, so that no job delays another; each skipped end is written alone, and waits for the
     * lock.
     */
    private static final BatchStatement OWNED = BatchStatement.of(AttemptWriter::owned);

    /*
     * A cell that was given up as unknown meanwhile can still be ended, but does not go on, and does not become unknown
     * again.
     */
    private static final String LATE =
            ended(StatementForm.ALONE) + guardedUpdate() + """
            FROM ended
            WHERE e.job_id = ended.job AND e.id = ended.execution AND e.attempt = ended.attempt
              AND (e.status = 'running' OR e.status = 'unknown' AND ended.status NOT IN ('running', 'unknown'))
            """ + ONCE + APPENDS + " RETURNING ended.n";

    /* The run has lost its job, but no other run has claimed the cell again: the answer is paid for and is kept. */
    private static final String KEEP_ANSWERS = """
            UPDATE executions e SET answers = %s
            WHERE job_id = :job AND id = :execution AND attempt = :attempt AND status IN ('running', 'unknown')
              AND %s
            """.formatted(
                    AppendedAnswers.after(":answers", ":stored::integer"),
                    AppendedAnswers.guard(":stored::integer", ":answered::integer"));

    private final JdbcClient jdbc;
    private final JsonMapper json;
    private final ProviderName provider;
    private final GroupCommit<RowWrite, Written> batches;

    AttemptWriter(JdbcTemplate template, GroupCommits groupCommits, JsonMapper json, ProviderName provider) {
        this.jdbc = TimeLimitedJdbc.of(template);
        this.json = json;
        this.provider = provider;
        this.batches = groupCommits.of(
                "ends of attempts", this::writeBatch, new GroupCommit.Bounds<>(LARGEST_BATCH, AttemptWriter::size));
    }

    /* Rows go in one order, so that two statements that meet in several cells cannot deadlock. */
    private static String ended(StatementForm form) {
        return """
                WITH ended AS MATERIALIZED (
                  SELECT * FROM %s AS ended (job, fence, execution, attempt, status, outcome, answers, stored, answered,
                      code, message, http, retryable, paid, error_answer, key_given_up, flags, counted,
                      repeats, n)
                  ORDER BY job, execution
                )
                """.formatted(form.numberedRows(
                ":jobs",
                ":fences",
                ":executions",
                ":attempts",
                ":statuses",
                ":outcomes",
                ":answers",
                ":stored::integer[]",
                ":answered::integer[]",
                ":codes::text[]",
                ":messages::text[]",
                ":https::integer[]",
                ":retryables::boolean[]",
                ":paids::boolean[]",
                ":errorAnswers::text[]",
                ":keysGivenUp::integer[]",
                ":flags::text[]",
                ":counted::integer[]",
                ":repeats::integer[]"));
    }

    /**
     * The job's row is locked first, and found only while the run owns it. Whatever changes cells for another reason (a
     * cancel, a takeover, a late answer) locks that row too, so the rows of the cells need no lock beforehand: a lock
     * costs half of what the update does.
     */
    private static String owned(StatementForm form) {
        return ended(form) + """
                , owned AS MATERIALIZED (
                  SELECT id, of_fence AS fence
                %s)
                """.formatted(JobRows.owned(form, "FOR SHARE")) + guardedUpdate() + """
                FROM ended JOIN owned ON owned.id = ended.job AND owned.fence = ended.fence
                WHERE e.job_id = ended.job AND e.id = ended.execution AND e.attempt = ended.attempt
                  AND e.status IN ('running', 'unknown')
                """ + ONCE
                + APPENDS
                + " RETURNING ended.n";
    }

    private static String guardedUpdate() {
        return """
                UPDATE executions e SET
                  status = ended.status, outcome = ended.outcome, answers = %s,
                  completed_at = CASE WHEN ended.status <> 'running' THEN greatest(e.started_at, clock_timestamp()) END,
                  attempt_ended_at = CASE WHEN ended.status = 'running' AND ended.outcome <> 'running'
                    THEN greatest(e.started_at, clock_timestamp()) END,
                  key_numbers = CASE WHEN ended.key_given_up IS NOT NULL THEN %s ELSE e.key_numbers END,
                  flags = string_to_array(ended.flags, ','),
                  attempts_counted = coalesce(ended.counted, e.attempts_counted),
                  repeats_counted = coalesce(ended.repeats, e.repeats_counted),
                  error_code = ended.code, error_message = ended.message, error_http_status = ended.http,
                  error_retryable = ended.retryable, error_paid = ended.paid,
                  error_answer = ended.error_answer::json,
                  error_provider = CASE WHEN ended.code IS NOT NULL THEN :provider END
                """.formatted(
                AppendedAnswers.after("ended.answers", "ended.stored"), QuestionKey.givenUp("ended.key_given_up"));
    }

    private static int size(RowWrite row) {
        int text = row.text() == null ? 0 : row.text().length();
        return 1 + (row.answers().length() + text) / CHARACTERS;
    }

    RowWrite row(Attempt attempt, RowState state) {
        JsonNode text = state.error() == null ? null : state.error().text();
        return new RowWrite(
                attempt,
                state,
                json.writeValueAsString(state.answers().fresh()),
                text == null ? null : json.writeValueAsString(text));
    }

    /**
     * Writes a row with those that come at the same time, while its run owns its job and its job's row is not locked.
     *
     * @return whether it is known to be written; otherwise it is to be written alone
     */
    boolean write(RowWrite row) {
        return batches.ask(row).isPresent();
    }

    /**
     * As {@link #write(RowWrite)}, without waiting.
     *
     * @param written is told the answer; to be over soon
     */
    void write(RowWrite row, Consumer<Boolean> written) {
        batches.handOver(List.of(row), (place, answer) -> written.accept(answer.isPresent()));
    }

    /** Writes a row while its run owns its job. It waits for the lock of the job's row, but not longer than 3 s. */
    boolean writeAlone(RowWrite row) {
        return !write(OWNED.alone(), List.of(row)).isEmpty();
    }

    /** Writes a row, whichever run owns the job, in a transaction that has locked the job's row. */
    boolean writeLate(RowWrite row) {
        boolean written = !write(LATE, List.of(row)).isEmpty();
        if (written) {
            keepErased(row);
        }
        return written;
    }

    /** Keeps answers, whichever run owns the job, in a transaction that has locked the job's row. */
    boolean keepAnswers(RowWrite row) {
        boolean kept = jdbc.sql(KEEP_ANSWERS)
                        .param("job", row.attempt().run().jobId())
                        .param("execution", row.attempt().executionId())
                        .param("attempt", row.attempt().number())
                        .param("answers", row.answers())
                        .param("stored", row.stored())
                        .param("answered", row.answered())
                        .update()
                == 1;
        if (kept) {
            keepErased(row);
        }
        return kept;
    }

    /** The job's content may have been erased while the call was under way: its texts must not come back. */
    private void keepErased(RowWrite row) {
        jdbc.sql(ErasedCells.AFTER_A_LATE_ANSWER)
                .param("job", row.attempt().run().jobId())
                .param("execution", row.attempt().executionId())
                .update();
    }

    /**
     * Writes many rows, of any jobs, in one commit. It waits for no job, and for nothing else longer than 3 s.
     *
     * @return the places in the list of those that were written
     */
    Set<Integer> writeTogether(List<RowWrite> rows) {
        return write(OWNED.together(rows.size()), rows);
    }

    private List<Optional<Written>> writeBatch(List<RowWrite> rows) {
        Set<Integer> written = writeTogether(rows);
        return IntStream.range(0, rows.size())
                .mapToObj(place -> written.contains(place) ? Optional.of(Written.WRITTEN) : Optional.<Written>empty())
                .toList();
    }

    private Set<Integer> write(String sql, List<RowWrite> rows) {
        List<Run> runs =
                rows.stream().map(row -> row.attempt().run()).distinct().toList();
        return new HashSet<>(jdbc.sql(sql)
                .params(ColumnArrays.of(rows)
                        .longs("jobs", row -> row.attempt().run().jobId())
                        .longs("fences", row -> row.attempt().run().fence())
                        .longs("executions", row -> row.attempt().executionId())
                        .integers("attempts", row -> row.attempt().number())
                        .texts("statuses", row -> row.state().status().wireName())
                        .texts("outcomes", row -> row.state().outcome().wireName())
                        .texts("answers", RowWrite::answers)
                        .sparseIntegers("stored", RowWrite::stored)
                        .sparseIntegers("answered", RowWrite::answered)
                        .sparseTexts("codes", RowWrite::code)
                        .sparseTexts("messages", RowWrite::message)
                        .sparseIntegers("https", RowWrite::http)
                        .sparseBooleans("retryables", RowWrite::retryable)
                        .sparseBooleans("paids", RowWrite::paid)
                        .sparseTexts("errorAnswers", RowWrite::text)
                        .sparseIntegers("keysGivenUp", RowWrite::keyGivenUp)
                        .sparseTexts("flags", RowWrite::flags)
                        .sparseIntegers(
                                "counted",
                                row -> row.counted() == null
                                        ? null
                                        : row.counted().attempts())
                        .sparseIntegers(
                                "repeats",
                                row -> row.counted() == null
                                        ? null
                                        : row.counted().repeats())
                        .parameters())
                .params(RunColumns.of(runs))
                .param("provider", provider.value())
                .query((row, n) -> row.getInt("n") - 1)
                .list());
    }
}
