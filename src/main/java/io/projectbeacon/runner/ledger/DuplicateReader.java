package io.projectbeacon.runner.ledger;

import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.database.WhereClause;
import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.domain.JobName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads the ledger of duplicates, newest entry first. */
@Component
public class DuplicateReader {

    /**
     * What to list; a null matches everything.
     *
     * @param caller entries of this caller's jobs
     * @param since entries that were met at this time or later
     */
    public record Filter(
            @Nullable Long jobId,
            @Nullable String caller,
            @Nullable Instant since,
            @Nullable DuplicateLayer layer,
            @Nullable DuplicateOutcome outcome,
            @Nullable String region,
            @Nullable String modelId) {

        /** Whatever its outcome. */
        public Filter(
                @Nullable Long jobId,
                @Nullable String caller,
                @Nullable Instant since,
                @Nullable DuplicateLayer layer,
                @Nullable String region,
                @Nullable String modelId) {
            this(jobId, caller, since, layer, null, region, modelId);
        }
    }

    private static final String LIST = """
            SELECT d.*, j.jobspec_id
            FROM execution_duplicates d JOIN jobs j ON j.id = d.job_id
            {where}
            ORDER BY d.id DESC
            LIMIT :limit
            """;

    private static final String OF_DEFAULT_CALLER = "d.job_id IN (SELECT id FROM jobs WHERE caller = :caller)";

    /* Said for the planner: the index of the jobs of callers has no others. */
    private static final String OF_CALLER =
            "d.job_id IN (SELECT id FROM jobs WHERE caller = :caller AND caller <> 'default' AND status IS NOT NULL)";

    /* Said for the planner, as above: the index of what was not stopped has no others. */
    private static final String ALLOWED = "d.outcome = 'allowed' AND d.outcome = :outcome";

    private static final String COUNT = "SELECT count(*) FROM execution_duplicates d {where}";

    private final JdbcClient jdbc;

    DuplicateReader(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    public Page<DuplicateView> list(Filter filter, Page.Request page) {
        List<DuplicateView> rows = matching(filter)
                .and("d.id < :after", "after", page.after())
                .in(jdbc, LIST)
                .param("limit", page.limit() + 1)
                .query((row, n) -> view(row))
                .list();
        Long total = page.withTotal()
                ? matching(filter).in(jdbc, COUNT).query(Long.class).single()
                : null;
        return Page.of(rows, page, DuplicateView::id, total);
    }

    private static DuplicateView view(ResultSet row) throws SQLException {
        JobName name = JobName.of(row.getString("jobspec_id"));
        return new DuplicateView(
                row.getLong("id"),
                name.id(),
                name.shownCaller(),
                row.getString("region"),
                row.getString("model_id"),
                row.getString("layer"),
                row.getString("outcome"),
                row.getLong("occurrences"),
                row.getString("existing_status"),
                row.getInt("existing_count"),
                row.getString("runner"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getObject("last_seen_at", OffsetDateTime.class).toInstant());
    }

    private static WhereClause matching(Filter filter) {
        return new WhereClause()
                .and("d.job_id = :job", "job", filter.jobId())
                .and(
                        Caller.ONLY.name().equals(filter.caller()) ? OF_DEFAULT_CALLER : OF_CALLER,
                        "caller",
                        filter.caller())
                .and(
                        "d.last_seen_at >= :since",
                        "since",
                        filter.since() == null ? null : filter.since().atOffset(ZoneOffset.UTC))
                .and(
                        "d.layer = :layer",
                        "layer",
                        filter.layer() == null ? null : filter.layer().wireName())
                .and(
                        DuplicateOutcome.ALLOWED == filter.outcome() ? ALLOWED : "d.outcome = :outcome",
                        "outcome",
                        filter.outcome() == null ? null : filter.outcome().wireName())
                .and("d.region = :region", "region", filter.region())
                .and("d.model_id = :model", "model", filter.modelId());
    }
}
