package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.metrics.DuplicateLayer;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads the ledger of duplicates, newest entry first. */
@Component
public class Duplicates {

    /**
     * What to list; a null matches everything.
     *
     * @param since entries that were met at this time or later
     */
    public record Filter(
            @Nullable Long jobId,
            @Nullable Instant since,
            @Nullable DuplicateLayer layer,
            @Nullable String region,
            @Nullable String modelId) {}

    private static final String MATCHING = """
            FROM execution_duplicates d JOIN jobs j ON j.id = d.job_id
            WHERE (:job::bigint IS NULL OR d.job_id = :job)
              AND (:since::timestamptz IS NULL OR d.last_seen_at >= :since)
              AND (:layer::text IS NULL OR d.layer = :layer)
              AND (:region::text IS NULL OR d.region = :region)
              AND (:model::text IS NULL OR d.model_id = :model)
            """;

    private static final String LIST = "SELECT d.*, j.jobspec_id\n" + MATCHING + """
              AND (:after::bigint IS NULL OR d.id < :after)
            ORDER BY d.id DESC
            LIMIT :limit
            """;

    private static final String COUNT = "SELECT count(*)\n" + MATCHING;

    private final JdbcClient jdbc;

    Duplicates(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    public Page<DuplicateView> list(Filter filter, Page.Request page) {
        List<DuplicateView> rows = bind(LIST, filter)
                .param("after", page.after())
                .param("limit", page.limit() + 1)
                .query((row, n) -> new DuplicateView(
                        row.getLong("id"),
                        row.getString("jobspec_id"),
                        row.getString("region"),
                        row.getString("model_id"),
                        row.getString("layer"),
                        row.getString("outcome"),
                        row.getLong("occurrences"),
                        row.getString("existing_status"),
                        row.getInt("existing_count"),
                        row.getString("runner"),
                        row.getObject("created_at", OffsetDateTime.class).toInstant(),
                        row.getObject("last_seen_at", OffsetDateTime.class).toInstant()))
                .list();
        Long total = page.withTotal() ? bind(COUNT, filter).query(Long.class).single() : null;
        return Page.of(rows, page, DuplicateView::id, total);
    }

    private JdbcClient.StatementSpec bind(String sql, Filter filter) {
        return jdbc.sql(sql)
                .param("job", filter.jobId())
                .param("since", filter.since() == null ? null : filter.since().atOffset(ZoneOffset.UTC))
                .param("layer", filter.layer() == null ? null : filter.layer().wireName())
                .param("region", filter.region())
                .param("model", filter.modelId());
    }
}
