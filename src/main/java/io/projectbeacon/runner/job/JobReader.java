package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.domain.Nonce;
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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** Reads jobs with the sums over their cells and their duplicates. */
@Component
class JobReader {

    private static final String CONTENT = ", j.spec, j.content, j.content_digest";
    private static final String BY_ID = select(CONTENT, "jobs j") + "WHERE j.jobspec_id = :id AND j.status IS NOT NULL";
    private static final String BY_KEY =
            select(CONTENT, "jobs j") + "WHERE j.idempotency_key = :key AND j.status IS NOT NULL";

    /*
     * The newest of each status, and of those the newest: deleted jobs, which have no status, are passed by in the index,
     * however many lie between the jobs that are left.
     */
    private static final String LIST = select("", """
            (
                  SELECT newest.* FROM unnest(:statuses) AS listed (of_status)
                  CROSS JOIN LATERAL (
                    SELECT * FROM jobs WHERE status = of_status AND id < :before ORDER BY id DESC LIMIT :limit
                  ) newest
                  ORDER BY id DESC LIMIT :limit
                ) j""") + "ORDER BY j.id DESC";
    private static final String COUNT = "SELECT count(*) FROM jobs WHERE status = ANY (:statuses)";

    /** JSON: the spec of a job whose content has been erased. */
    private static final String ERASED = "null";

    private static final String ID_DELETED =
            "SELECT EXISTS (SELECT FROM jobs WHERE jobspec_id = :id AND deleted_at IS NOT NULL)";
    private static final String KEY_DELETED =
            "SELECT EXISTS (SELECT FROM jobs WHERE idempotency_key = :key AND deleted_at IS NOT NULL)";

    private static final String NONCE_USED =
            "SELECT EXISTS (SELECT FROM jobs WHERE signing_key = :signer AND nonce = :nonce)";

    /**
     * A job, and what its JobSpec is compared with.
     *
     * @param content its normal form as JSON; null once it has been erased
     * @param digest what is left of an erased one
     */
    record Stored(JobView job, @Nullable String content, byte @Nullable [] digest) {}

    private final JdbcClient jdbc;
    private final JsonMapper json;

    JobReader(JdbcClient jdbc, JsonMapper json) {
        this.jdbc = jdbc;
        this.json = json;
    }

    /* The two sums are taken for the rows of the page only, on the keys that begin with the job. */
    private static String select(String furtherColumns, String jobs) {
        return """
                SELECT j.id, j.jobspec_id, j.status, j.priority, j.models, j.regions, j.cells, j.warnings, j.created_at,
                  j.queued_at, j.started_at, j.finished_at, j.content_erased_at, c.*, d.*, p.*%s
                FROM %s
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
                LEFT JOIN LATERAL (
                  SELECT least(j.wake_at, CASE WHEN NOT j.aside THEN min(closed_until) END) AS parked_until,
                    coalesce(j.parked_regions, j.regions) AS parked_regions
                  FROM closed_regions
                  WHERE region = ANY(j.lane)
                  HAVING CASE WHEN j.aside THEN j.wake_at > clock_timestamp() ELSE count(*) = cardinality(j.lane) END
                ) p ON j.status = 'queued' AND j.parked
                """.formatted(furtherColumns, jobs);
    }

    Optional<Stored> byJobspecId(String id) {
        return jdbc.sql(BY_ID).param("id", id).query((row, n) -> stored(row)).optional();
    }

    Optional<Stored> byIdempotencyKey(String key) {
        return jdbc.sql(BY_KEY).param("key", key).query((row, n) -> stored(row)).optional();
    }

    /** Whether the id is that of a job that retention has deleted. */
    boolean isDeleted(String id) {
        return jdbc.sql(ID_DELETED).param("id", id).query(Boolean.class).single();
    }

    /** Whether the key is that of a job that retention has deleted. */
    boolean isKeyOfDeleted(String key) {
        return jdbc.sql(KEY_DELETED).param("key", key).query(Boolean.class).single();
    }

    /** Whether a job has been stored with this nonce, be it that retention has deleted it. */
    boolean isNonceUsed(Nonce nonce) {
        return jdbc.sql(NONCE_USED)
                .param("signer", nonce.key())
                .param("nonce", nonce.value())
                .query(Boolean.class)
                .single();
    }

    /** Newest first; the status may be null to match every one. */
    Page<JobView> list(@Nullable JobStatus status, Page.Request page) {
        String[] statuses = (status == null ? Stream.of(JobStatus.values()) : Stream.of(status))
                .map(JobStatus::wireName)
                .toArray(String[]::new);
        List<JobView> rows = jdbc.sql(LIST)
                .param("statuses", statuses)
                .param("before", page.after() == null ? Long.MAX_VALUE : page.after())
                .param("limit", page.limit() + 1)
                .query((row, n) -> view(row, null))
                .list();
        Long total = page.withTotal()
                ? jdbc.sql(COUNT).param("statuses", statuses).query(Long.class).single()
                : null;
        return Page.of(rows, page, JobView::jobId, total);
    }

    private Stored stored(ResultSet row) throws SQLException {
        String spec = row.getString("spec");
        return new Stored(
                view(row, spec == null ? ERASED : spec), row.getString("content"), row.getBytes("content_digest"));
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
                instant(row, "parked_until"),
                row.getArray("parked_regions") == null ? null : strings(row, "parked_regions"),
                instant(row, "content_erased_at"),
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
