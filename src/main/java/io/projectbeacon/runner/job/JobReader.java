package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.JobName;
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
    private static final String VIEW =
            select(", j.spec", "jobs j") + "WHERE j.jobspec_id = :id AND j.status IS NOT NULL";

    private static final String SUMMARY = select("", "jobs j") + "WHERE j.jobspec_id = :id AND j.status IS NOT NULL";
    private static final String BY_IDS = select("", "jobs j") + "WHERE j.id = ANY (:ids) AND j.status IS NOT NULL";

    /** What an earlier version stored under the key is found by both kinds of keys. */
    private static final String OF_KEY =
            "WHERE j.idempotency_key = :key AND coalesce(j.key_of_batch, :ofBatch) = :ofBatch";

    private static final String BY_KEY = select(CONTENT, "jobs j") + OF_KEY + " AND j.status IS NOT NULL";

    /*
     * The newest of each status, and of those the newest: deleted jobs, which have no status, are passed by in the index,
     * however many lie between the jobs that are left.
     */
    private static final String LIST = list("");

    private static final String COUNT = "SELECT count(*) FROM jobs WHERE status = ANY (:statuses)";

    /* Said for the planner: the index of the jobs of callers has no others. */
    private static final String OF_CALLER = " AND caller = :caller AND caller <> 'default'";
    private static final String OF_DEFAULT_CALLER = " AND caller = 'default'";

    private static final String LIST_OF_CALLER = list(OF_CALLER);
    private static final String COUNT_OF_CALLER = COUNT + OF_CALLER;
    private static final String LIST_OF_DEFAULT_CALLER = list(OF_DEFAULT_CALLER);
    private static final String COUNT_OF_DEFAULT_CALLER = COUNT + OF_DEFAULT_CALLER;

    /* All callers' jobs of one plain id. */
    private static final String NAMED = """
            SELECT jobspec_id FROM jobs WHERE jobspec_id = :id AND caller = 'default' AND status IS NOT NULL
            UNION ALL
            SELECT jobspec_id FROM jobs
            WHERE split_part(jobspec_id, '/', 2) = :id AND caller <> 'default' AND status IS NOT NULL
            ORDER BY jobspec_id
            """;

    /** JSON: the spec of a job whose content has been erased. */
    private static final String ERASED = "null";

    private static final String ID_DELETED =
            "SELECT EXISTS (SELECT FROM jobs WHERE jobspec_id = :id AND deleted_at IS NOT NULL)";
    private static final String KEY_DELETED =
            "SELECT EXISTS (SELECT FROM jobs j " + OF_KEY + " AND j.deleted_at IS NOT NULL)";

    private static final String NONCE_USED =
            "SELECT EXISTS (SELECT FROM jobs WHERE signing_key = :signer AND nonce = :nonce)";

    /**
     * A job, and what its JobSpec is compared with.
     *
     * @param content its normal form as JSON; null once it has been erased
     * @param digest what is left of an erased one
     */
    record Stored(JobView job, @Nullable String content, byte @Nullable [] digest) {

        JobName name() {
            return new JobName(job.caller() == null ? Caller.ONLY.name() : job.caller(), job.id());
        }
    }

    /** @param found how many rows the page would have if its texts were short, and one more if there is a next page */
    private record Listed(JobView job, int found) {}

    private final JdbcClient jdbc;
    private final JsonMapper json;

    JobReader(JdbcClient jdbc, JsonMapper json) {
        this.jdbc = jdbc;
        this.json = json;
    }

    private static String list(String ofWhichCaller) {
        return select(", j.found", """
                (
                  SELECT newest.*, count(*) OVER () AS found,
                    sum(characters) OVER (ORDER BY id DESC ROWS UNBOUNDED PRECEDING) - characters AS before
                  FROM (
                    SELECT newest.*, length(models::text) + length(regions::text) + length(warnings::text) AS characters
                    FROM unnest(:statuses) AS listed (of_status)
                    CROSS JOIN LATERAL (
                      SELECT * FROM jobs WHERE status = of_status AND id < :before%s ORDER BY id DESC LIMIT :limit
                    ) newest
                    ORDER BY id DESC LIMIT :limit
                  ) newest
                ) j""".formatted(ofWhichCaller)) + "WHERE j.before < :characters ORDER BY j.id DESC";
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
                  SELECT coalesce(j.parked_regions, j.regions) AS parked_regions,
                    least(j.wake_at, CASE WHEN NOT j.aside THEN
                      min(closed_until) FILTER (WHERE paused_at IS NULL) END) AS parked_until
                  FROM unnest(j.lane) AS region
                  LEFT JOIN closed_regions USING (region) LEFT JOIN paused_regions USING (region)
                  HAVING CASE WHEN j.aside THEN j.wake_at > clock_timestamp()
                    ELSE bool_and(closed_until IS NOT NULL OR paused_at IS NOT NULL) END
                ) p ON j.status = 'queued' AND j.parked
                """.formatted(furtherColumns, jobs);
    }

    Optional<Stored> byName(JobName name) {
        return jdbc.sql(BY_ID)
                .param("id", name.text())
                .query((row, n) -> stored(row))
                .optional();
    }

    /** As a client sees it: without what its JobSpec is compared with, which is as long again. */
    Optional<JobView> view(JobName name) {
        return jdbc.sql(VIEW)
                .param("id", name.text())
                .query((row, n) -> view(row, spec(row)))
                .optional();
    }

    /** As a list has it: without the JobSpec. */
    Optional<JobView> summary(JobName name) {
        return jdbc.sql(SUMMARY)
                .param("id", name.text())
                .query((row, n) -> view(row, null))
                .optional();
    }

    /** As a list has them, in no order. */
    List<JobView> byIds(List<Long> ids) {
        return jdbc.sql(BY_IDS)
                .param("ids", ids.toArray(Long[]::new))
                .query((row, n) -> view(row, null))
                .list();
    }

    Optional<Stored> byKey(JobKey key) {
        return ofKey(BY_KEY, key).query((row, n) -> stored(row)).optional();
    }

    /** The jobs of this id, of whichever caller. */
    List<JobName> named(String id) {
        return jdbc.sql(NAMED)
                .param("id", id)
                .query((row, n) -> JobName.of(row.getString("jobspec_id")))
                .list();
    }

    /** Whether the name is that of a job that retention has deleted. */
    boolean isDeleted(JobName name) {
        return jdbc.sql(ID_DELETED)
                .param("id", name.text())
                .query(Boolean.class)
                .single();
    }

    /** Whether the key is that of a job that retention has deleted. */
    boolean isKeyOfDeleted(JobKey key) {
        return ofKey(KEY_DELETED, key).query(Boolean.class).single();
    }

    /** Whether a job has been stored with this nonce, be it that retention has deleted it. */
    boolean isNonceUsed(Nonce nonce) {
        return jdbc.sql(NONCE_USED)
                .param("signer", nonce.key())
                .param("nonce", nonce.value())
                .query(Boolean.class)
                .single();
    }

    private JdbcClient.StatementSpec ofKey(String sql, JobKey key) {
        return jdbc.sql(sql).param("key", key.text()).param("ofBatch", key.isOfBatch());
    }

    /** Newest first; a null matches every caller, or every status. */
    Page<JobView> list(@Nullable String caller, @Nullable JobStatus status, Page.Request page) {
        if (caller == null) {
            return list(jdbc.sql(LIST), jdbc.sql(COUNT), status, page);
        }
        return caller.equals(Caller.ONLY.name())
                ? list(jdbc.sql(LIST_OF_DEFAULT_CALLER), jdbc.sql(COUNT_OF_DEFAULT_CALLER), status, page)
                : list(
                        jdbc.sql(LIST_OF_CALLER).param("caller", caller),
                        jdbc.sql(COUNT_OF_CALLER).param("caller", caller),
                        status,
                        page);
    }

    private Page<JobView> list(
            JdbcClient.StatementSpec list,
            JdbcClient.StatementSpec count,
            @Nullable JobStatus status,
            Page.Request page) {
        String[] statuses = (status == null ? Stream.of(JobStatus.values()) : Stream.of(status))
                .map(JobStatus::wireName)
                .toArray(String[]::new);
        List<Listed> listed = list.param("statuses", statuses)
                .param("before", page.after() == null ? Long.MAX_VALUE : page.after())
                .param("limit", page.limit() + 1)
                .param("characters", Page.CHARACTERS)
                .query((row, n) -> new Listed(view(row, null), row.getInt("found")))
                .list();
        List<JobView> rows = listed.stream().map(Listed::job).toList();
        Long total = page.withTotal()
                ? count.param("statuses", statuses).query(Long.class).single()
                : null;
        int found = listed.isEmpty() ? 0 : listed.getLast().found();
        return Page.of(rows, found, page, JobView::jobId, total);
    }

    private Stored stored(ResultSet row) throws SQLException {
        return new Stored(view(row, spec(row)), row.getString("content"), row.getBytes("content_digest"));
    }

    private static String spec(ResultSet row) throws SQLException {
        String spec = row.getString("spec");
        return spec == null ? ERASED : spec;
    }

    private JobView view(ResultSet row, @Nullable String spec) throws SQLException {
        JobName name = JobName.of(row.getString("jobspec_id"));
        int cells = row.getInt("cells");
        return new JobView(
                row.getLong("id"),
                name.id(),
                name.shownCaller(),
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
                null,
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
        // A row that was changed by hand must not fail a list of many.
        return row.getArray(column).getArray() instanceof String[] texts
                ? Arrays.stream(texts).filter(Objects::nonNull).toList()
                : List.of();
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
