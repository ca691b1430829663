package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.database.ColumnArrays;
import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.domain.ExecutionStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads a job's cells together, without their texts: their states, and the sums for each model and each region. */
@Component
public class MatrixReader {

    /** A claimed cell. */
    public record Box(String region, String modelId, ExecutionStatus status, boolean flagged) {}

    /**
     * The claimed cells of a model, or of a region.
     *
     * @param median of the completed ones; null when there is none
     * @param tokens of all answers whose numbers are known; null when none is, or they were not asked for
     * @param tokensPartly whether the numbers of some answers are not known
     */
    public record Sums(
            int claimed,
            int running,
            int completed,
            int failed,
            int cancelled,
            int unknown,
            int flagged,
            @Nullable Duration median,
            @Nullable Long tokens,
            boolean tokensPartly) {

        public static final Sums NONE = new Sums(0, 0, 0, 0, 0, 0, 0, null, null, false);
    }

    /** The sums by model id, and by region. */
    public record Margins(Map<String, Sums> models, Map<String, Sums> regions) {}

    /**
     * A cell in a list.
     *
     * @param took what the latest attempt took; null while it is running
     * @param message the beginning of why it has no answer
     */
    public record Row(
            long id,
            String region,
            String modelId,
            ExecutionStatus status,
            boolean flagged,
            int attempt,
            @Nullable Duration took,
            @Nullable String code,
            @Nullable String message) {}

    /**
     * What stands in the way of a duplicate.
     *
     * @param endedAt null while it is running
     * @param fence the run of its latest attempt
     * @param answers how many questions have been answered, one call each
     */
    public record Standing(
            ExecutionStatus status,
            @Nullable Instant endedAt,
            @Nullable Duration took,
            long fence,
            String runner,
            int answers) {}

    private static final String BOXES = """
            SELECT e.region, e.model_id, e.status, e.flags IS NOT NULL AS flagged FROM executions e WHERE e.job_id = :job
            """;

    /*
     * An answer may have U+0000 in it, which PostgreSQL reads in no JSON that it takes apart: it is made U+FFFD for that. What
     * follows an escaped backslash is changed as well, and is JSON all the same.
     */
    private static final String MARGINS = """
            SELECT e.model_id, e.region, count(*) AS claimed,
              count(*) FILTER (WHERE e.status = 'running') AS running,
              count(*) FILTER (WHERE e.status = 'completed') AS completed,
              count(*) FILTER (WHERE e.status = 'failed') AS failed,
              count(*) FILTER (WHERE e.status = 'cancelled') AS cancelled,
              count(*) FILTER (WHERE e.status = 'unknown') AS unknown,
              count(e.flags) AS flagged,
              percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM e.completed_at - e.started_at))
                FILTER (WHERE e.status = 'completed') AS median,
              sum(t.tokens) AS tokens, coalesce(bool_or(t.partly), false) AS partly
            FROM executions e
            LEFT JOIN LATERAL (
              SELECT sum(prompt_tokens + completion_tokens) AS tokens,
                bool_or(prompt_tokens IS NULL OR completion_tokens IS NULL) AS partly
              FROM json_to_recordset(CASE WHEN :withTokens
                THEN replace(e.answers::text, '\\u0000', '\\ufffd')::json ELSE '[]' END)
                AS answer (prompt_tokens numeric, completion_tokens numeric)
            ) t ON true
            WHERE e.job_id = :job
            GROUP BY GROUPING SETS ((e.model_id), (e.region))
            """;

    private static final String ROWS = """
            SELECT e.id, e.region, e.model_id, e.status, e.flags IS NOT NULL AS flagged, e.attempt,
              extract(epoch FROM e.completed_at - e.started_at)::double precision AS seconds,
              CASE WHEN e.status <> 'running' THEN e.error_code END AS code,
              CASE WHEN e.status <> 'running' THEN left(e.error_message, 200) END AS message
            FROM executions e {where}
            ORDER BY e.id
            LIMIT :limit
            """;

    private static final String STANDING = """
            SELECT e.region, e.model_id, e.status, e.completed_at, e.started_at, e.fence, e.runner,
              json_array_length(e.answers) AS answers
            FROM unnest(:regions, :models) AS wanted (region, model)
            JOIN executions e ON e.job_id = :job AND e.region = wanted.region AND e.model_id = wanted.model
            """;

    private final JdbcClient jdbc;

    MatrixReader(JdbcTemplate template) {
        this.jdbc = TimeLimitedJdbc.of(template);
    }

    /** All claimed cells, in no order. */
    public List<Box> boxes(long jobId) {
        return jdbc.sql(BOXES)
                .param("job", jobId)
                .query((row, n) -> new Box(
                        row.getString("region"),
                        row.getString("model_id"),
                        ExecutionStatus.of(row.getString("status")),
                        row.getBoolean("flagged")))
                .list();
    }

    /** @param withTokens whether tokens are summed, for which all answers are read */
    public Margins margins(long jobId, boolean withTokens) {
        Margins margins = new Margins(new HashMap<>(), new HashMap<>());
        jdbc.sql(MARGINS).param("job", jobId).param("withTokens", withTokens).query((RowCallbackHandler) row -> {
            String model = row.getString("model_id");
            if (model == null) {
                margins.regions().put(row.getString("region"), sums(row));
            } else {
                margins.models().put(model, sums(row));
            }
        });
        return margins;
    }

    private static Sums sums(ResultSet row) throws SQLException {
        return new Sums(
                row.getInt("claimed"),
                row.getInt("running"),
                row.getInt("completed"),
                row.getInt("failed"),
                row.getInt("cancelled"),
                row.getInt("unknown"),
                row.getInt("flagged"),
                seconds(row.getObject("median", Double.class)),
                row.getBigDecimal("tokens") == null
                        ? null
                        : row.getBigDecimal("tokens").longValue(),
                row.getBoolean("partly"));
    }

    /** The cells that match, in the order in which they were first claimed, without their answers. */
    public Page<Row> rows(long jobId, ExecutionReader.Filter filter, Page.Request page) {
        List<Row> rows = ExecutionReader.matching(jobId, filter)
                .and("e.id > :after", "after", page.after())
                .in(jdbc, ROWS)
                .param("limit", page.limit() + 1)
                .query((row, n) -> new Row(
                        row.getLong("id"),
                        row.getString("region"),
                        row.getString("model_id"),
                        ExecutionStatus.of(row.getString("status")),
                        row.getBoolean("flagged"),
                        row.getInt("attempt"),
                        seconds(row.getObject("seconds", Double.class)),
                        row.getString("code"),
                        row.getString("message")))
                .list();
        return Page.of(rows, page, Row::id, null);
    }

    /** The rows of these cells; one that was never claimed has none. */
    public Map<Cell, Standing> standing(long jobId, List<Cell> cells) {
        Map<Cell, Standing> standing = new HashMap<>();
        jdbc.sql(STANDING)
                .param("job", jobId)
                .params(ColumnArrays.of(cells)
                        .texts("regions", Cell::region)
                        .texts("models", Cell::modelId)
                        .parameters())
                .query((RowCallbackHandler) row -> {
                    Instant ended = time(row, "completed_at");
                    standing.put(
                            new Cell(jobId, row.getString("region"), row.getString("model_id")),
                            new Standing(
                                    ExecutionStatus.of(row.getString("status")),
                                    ended,
                                    ended == null ? null : Duration.between(started(row), ended),
                                    row.getLong("fence"),
                                    row.getString("runner"),
                                    row.getInt("answers")));
                });
        return standing;
    }

    private static Instant started(ResultSet row) throws SQLException {
        return Objects.requireNonNull(time(row, "started_at"));
    }

    private static @Nullable Instant time(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    private static @Nullable Duration seconds(@Nullable Double seconds) {
        return seconds == null ? null : Duration.ofNanos(Math.round(seconds * 1e9));
    }
}
