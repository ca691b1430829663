package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.database.WhereClause;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.execution.ExecutionView.AttemptView;
import io.projectbeacon.runner.execution.ExecutionView.ErrorView;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the cells of a job, in the order in which they were first claimed. */
@Component
public class ExecutionReader {

    /**
     * What to list; a null matches everything.
     *
     * @param flagged the name of a mark that one of the cell's answers has, {@code true} for any mark, {@code false} for
     *     none
     */
    public record Filter(
            @Nullable String region,
            @Nullable String modelId,
            @Nullable ExecutionStatus status,
            @Nullable String flagged) {}

    private static final String LIST = """
            SELECT page.*, j.jobspec_id
            FROM (
              SELECT e.*, %s AS attempts, count(*) OVER () AS found,
                sum(e.characters) OVER (ORDER BY e.id ROWS UNBOUNDED PRECEDING) - e.characters AS before
              FROM (
                SELECT *,
                  length(answers::text) + coalesce(length(error_answer::text), 0) + coalesce(length(error_message), 0)
                    + length(past_attempts::text) AS characters
                FROM executions e {where} ORDER BY e.id LIMIT :limit
              ) e
            ) page JOIN jobs j ON j.id = page.job_id
            WHERE page.before < :characters
            ORDER BY page.id
            """.formatted(PastAttempt.ALL);

    private static final String COUNT = "SELECT count(*) FROM executions e {where}";

    /**
     * @param found how many rows the page would have if its answers were short, and one more if there is a next page
     */
    private record Listed(ExecutionView execution, int found) {}

    private final JdbcClient jdbc;
    private final JsonMapper json;

    ExecutionReader(JdbcClient jdbc, JsonMapper json) {
        this.jdbc = jdbc;
        this.json = json;
    }

    public Page<ExecutionView> list(long jobId, Filter filter, Page.Request page) {
        List<Listed> listed = matching(jobId, filter)
                .and("e.id > :after", "after", page.after())
                .in(jdbc, LIST)
                .param("limit", page.limit() + 1)
                .param("characters", Page.CHARACTERS)
                .query((row, n) -> new Listed(view(row), row.getInt("found")))
                .list();
        List<ExecutionView> rows = listed.stream().map(Listed::execution).toList();
        Long total = page.withTotal()
                ? matching(jobId, filter).in(jdbc, COUNT).query(Long.class).single()
                : null;
        int found = listed.isEmpty() ? 0 : listed.getLast().found();
        return Page.of(rows, found, page, ExecutionView::id, total);
    }

    static WhereClause matching(long jobId, Filter filter) {
        return new WhereClause()
                .and("e.job_id = :job", "job", jobId)
                .and("e.region = :region", "region", filter.region())
                .and("e.model_id = :model", "model", filter.modelId())
                .and(
                        "e.status = :status",
                        "status",
                        filter.status() == null ? null : filter.status().wireName())
                .and("""
                        CASE :flagged WHEN 'true' THEN e.flags IS NOT NULL WHEN 'false' THEN e.flags IS NULL
                          ELSE :flagged = ANY(e.flags) END""", "flagged", filter.flagged());
    }

    private ExecutionView view(ResultSet row) throws SQLException {
        JobName name = JobName.of(row.getString("jobspec_id"));
        Instant started = instant(row, "started_at");
        Instant completed = nullableInstant(row, "completed_at");
        return new ExecutionView(
                row.getLong("id"),
                name.id(),
                name.shownCaller(),
                row.getString("region"),
                row.getString("model_id"),
                row.getString("status"),
                row.getInt("attempt"),
                instant(row, "created_at"),
                started,
                completed,
                completed == null ? null : Duration.between(started, completed).toMillis(),
                flags(row),
                row.getString("answers"),
                error(row),
                attempts(row));
    }

    private static @Nullable ErrorView error(ResultSet row) throws SQLException {
        String code = row.getString("error_code");
        if (code == null || row.getString("status").equals(ExecutionStatus.RUNNING.wireName())) {
            return null; // A running cell may have the error of the attempt that it waits to repeat.
        }
        return new ErrorView(
                code,
                row.getString("error_message"),
                row.getObject("error_http_status", Integer.class),
                row.getBoolean("error_retryable"),
                row.getBoolean("error_paid"),
                row.getString("error_answer"),
                row.getString("error_provider"));
    }

    private static List<String> flags(ResultSet row) throws SQLException {
        Array flags = row.getArray("flags");
        return flags == null ? List.of() : List.of((String[]) flags.getArray());
    }

    private List<AttemptView> attempts(ResultSet row) throws SQLException {
        return json.readTree(row.getString("attempts"))
                .valueStream()
                .map(attempt -> new AttemptView(
                        attempt.path("attempt").asInt(),
                        attempt.path("times").asInt(1),
                        attempt.path("runner").asString(),
                        attempt.path("fence").asLong(),
                        Objects.requireNonNull(time(attempt.get("started_at"))),
                        time(attempt.get("ended_at")),
                        attempt.path("outcome").asString(),
                        text(attempt.get("code")),
                        text(attempt.get("message")),
                        attempt.has("http_status") ? attempt.get("http_status").asInt() : null,
                        attempt.has("paid") ? attempt.get("paid").asBoolean() : null))
                .toList();
    }

    private static @Nullable String text(@Nullable JsonNode node) {
        return node == null ? null : node.asString();
    }

    private static @Nullable Instant time(@Nullable JsonNode node) {
        return node == null ? null : OffsetDateTime.parse(node.asString()).toInstant();
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    private static @Nullable Instant nullableInstant(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
