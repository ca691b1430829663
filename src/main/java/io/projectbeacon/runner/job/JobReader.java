package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.database.WhereClause;
import io.projectbeacon.runner.domain.JobStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** Reads jobs with the sums over their cells and their duplicates. */
@Component
class JobReader {

    private static final String BY_ID = select(", j.spec, j.content") + "WHERE j.jobspec_id = :id";
    private static final String BY_KEY = select(", j.spec, j.content") + "WHERE j.idempotency_key = :key";
    private static final String LIST = select("") + """
            {where}
            ORDER BY j.id DESC
            LIMIT :limit
            """;
    private static final String COUNT = "SELECT count(*) FROM jobs j {where}";

    /** A job, and its normal form as JSON. */
    record Stored(JobView job, String content) {}

    private final JdbcClient jdbc;
    private final JsonMapper json;

    JobReader(JdbcClient jdbc, JsonMapper json) {
        this.jdbc = jdbc;
        this.json = json;
    }

    /* The two sums are taken for the rows of the page only, on the keys that begin with the job. */
    private static String select(String furtherColumns) {
        return """
                SELECT j.id, j.jobspec_id, j.status, j.priority, j.models, j.regions, j.cells, j.warnings, j.created_at,
                  j.queued_at, j.started_at, j.finished_at, c.*, d.*%s
                FROM jobs j
                LEFT JOIN LATERAL (
                  SELECT count(*) AS claimed,
                    count(*) FILTER (WHERE e.status = 'running') AS running,
                    count(*) FILTER (WHERE e.status = 'completed') AS completed,
                    count(*) FILTER (WHERE e.status = 'failed') AS failed,
                    count(*) FILTER (WHERE e.status = 'cancelled') AS cancelled,
                    count(*) FILTER (WHERE e.status = 'unknown') AS unknown,
                    count(e.flags) AS flagged
                  FROM executions e WHERE e.job_id = j.id
                ) c ON true
                LEFT JOIN LATERAL (
                  SELECT coalesce(sum(detected), 0) AS detected, coalesce(sum(allowed), 0) AS allowed,
                    coalesce(jsonb_object_agg(layer, detected + allowed), '{}') AS by_layer
                  FROM (
                    SELECT layer,
                      coalesce(sum(occurrences) FILTER (WHERE outcome = 'detected'), 0) AS detected,
                      coalesce(sum(occurrences) FILTER (WHERE outcome = 'allowed'), 0) AS allowed
                    FROM execution_duplicates WHERE job_id = j.id
                    GROUP BY layer
                  ) layers
                ) d ON true
                """.formatted(furtherColumns);
    }

    Optional<Stored> byJobspecId(String id) {
        return jdbc.sql(BY_ID).param("id", id).query((row, n) -> stored(row)).optional();
    }

    Optional<Stored> byIdempotencyKey(String key) {
        return jdbc.sql(BY_KEY).param("key", key).query((row, n) -> stored(row)).optional();
    }

    /** Newest first; the status may be null to match every one. */
    Page<JobView> list(@Nullable JobStatus status, Page.Request page) {
        String statusName = status == null ? null : status.wireName();
        List<JobView> rows = matching(statusName)
                .and("j.id < :before", "before", page.after())
                .in(jdbc, LIST)
                .param("limit", page.limit() + 1)
                .query((row, n) -> view(row, null))
                .list();
        Long total = page.withTotal()
                ? matching(statusName).in(jdbc, COUNT).query(Long.class).single()
                : null;
        return Page.of(rows, page, JobView::jobId, total);
    }

    private static WhereClause matching(@Nullable String status) {
        return new WhereClause().and("j.status = :status", "status", status);
    }

    private Stored stored(ResultSet row) throws SQLException {
        return new Stored(view(row, row.getString("spec")), row.getString("content"));
    }

    private JobView view(ResultSet row, @Nullable String spec) throws SQLException {
        int cells = row.getInt("cells");
        return new JobView(
                row.getLong("id"),
                row.getString("jobspec_id"),
                row.getString("status"),
                row.getInt("priority"),
                strings(row, "models"),
                strings(row, "regions"),
                new JobView.Cells(
                        cells,
                        cells - row.getInt("claimed"),
                        row.getInt("running"),
                        row.getInt("completed"),
                        row.getInt("failed"),
                        row.getInt("cancelled"),
                        row.getInt("unknown"),
                        row.getInt("flagged")),
                new JobView.DuplicateCounts(row.getLong("detected"), row.getLong("allowed"), layers(row)),
                row.getString("warnings"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getObject("queued_at", OffsetDateTime.class).toInstant(),
                instant(row, "started_at"),
                instant(row, "finished_at"),
                spec);
    }

    private Map<String, Long> layers(ResultSet row) throws SQLException {
        Map<String, Long> layers = new LinkedHashMap<>();
        json.readTree(row.getString("by_layer"))
                .properties()
                .forEach(layer -> layers.put(layer.getKey(), layer.getValue().asLong()));
        return layers;
    }

    private static List<String> strings(ResultSet row, String column) throws SQLException {
        // A row that somebody has changed by hand must not fail a list of many.
        return row.getArray(column).getArray() instanceof String[] texts
                ? Arrays.stream(texts).filter(Objects::nonNull).toList()
                : List.of();
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
