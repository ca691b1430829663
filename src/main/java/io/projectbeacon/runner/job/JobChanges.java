package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.ColumnArrays;
import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.domain.JobStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Reads what has become of jobs and their cells since a moment. Nobody who writes a cell has to do anything for it: PostgreSQL
 * notes in each row by which transaction it was written, and a change is a row whose transaction had not ended at that moment.
 *
 * <p>A time in a column would not do. It is set before its transaction ends, so a look that comes between the two sees
 * neither the row nor, later, that its time is new; and an index on it would be told of each claim and each end.
 */
@Component
public class JobChanges {

    /*
     * A row has the lower half of the number of its transaction; the upper half is that of the last number which this may be.
     * A row of long ago may then look new, and is told once more; a new one never looks old.
     *
     * A moment ahead of the database is one of another database, or of a server whose standby took over without its last
     * transactions: all cells are told then.
     */
    private static final String LOOK = """
            WITH present AS MATERIALIZED (
              SELECT pg_current_snapshot()::text AS snapshot, pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS top
            )
            SELECT present.snapshot, watched.n, j.status AS job_status, c.*
            FROM present
            CROSS JOIN unnest(:jobs, :floors, :snapshots) WITH ORDINALITY AS watched (job, since, snapshot, n)
            LEFT JOIN jobs j ON j.id = watched.job
            LEFT JOIN LATERAL (
              SELECT e.id, e.region, e.model_id, e.status, e.attempt, e.outcome, e.started_at, e.attempt_ended_at,
                e.completed_at
              FROM executions e
              CROSS JOIN LATERAL (
                SELECT present.top - ((present.top - e.xmin::text::bigint) & 4294967295) AS number
              ) writer
              WHERE e.job_id = watched.job
                AND (present.top < watched.since
                  OR (writer.number >= watched.since
                    AND NOT pg_visible_in_snapshot(writer.number::text::xid8, watched.snapshot::pg_snapshot)))
            ) c ON true
            ORDER BY watched.n, c.id
            """;

    private static final String NOW = "SELECT pg_current_snapshot()::text";

    /** A job, and the moment from which on its changes are asked for. */
    public record Watched(long jobId, JobMoment since) {}

    /**
     * A job now.
     *
     * @param status null when retention has deleted it
     * @param cells those whose rows have been written since
     */
    public record Changed(@Nullable JobStatus status, List<CellChange> cells) {}

    /**
     * What one statement saw.
     *
     * @param jobs in the order in which they were asked for
     */
    public record Look(JobMoment moment, List<Changed> jobs) {}

    private final JdbcClient jdbc;

    JobChanges(JdbcTemplate template) {
        this.jdbc = TimeLimitedJdbc.of(template);
    }

    /** What is read from now on is at this moment or later. */
    public JobMoment now() {
        return new JobMoment(jdbc.sql(NOW).query(String.class).single());
    }

    /** Looks at jobs, at least one. Of each, all rows of its cells are read, and those that have changed are answered. */
    public Look look(List<Watched> watched) {
        List<Changed> jobs = new ArrayList<>(watched.size());
        String[] moment = new String[1];
        jdbc.sql(LOOK)
                .params(ColumnArrays.of(watched)
                        .longs("jobs", Watched::jobId)
                        .longs("floors", job -> job.since().floor())
                        .texts("snapshots", job -> job.since().snapshot())
                        .parameters())
                .query((RowCallbackHandler) row -> {
                    moment[0] = row.getString("snapshot");
                    if (row.getInt("n") > jobs.size()) {
                        String status = row.getString("job_status");
                        jobs.add(new Changed(status == null ? null : JobStatus.of(status), new ArrayList<>()));
                    }
                    if (row.getString("region") != null) {
                        jobs.getLast().cells().add(cell(row));
                    }
                });
        return new Look(new JobMoment(Objects.requireNonNull(moment[0])), jobs);
    }

    private static CellChange cell(ResultSet row) throws SQLException {
        return new CellChange(
                row.getString("region"),
                row.getString("model_id"),
                row.getString("status"),
                row.getInt("attempt"),
                row.getString("outcome"),
                Objects.requireNonNull(time(row, "started_at")),
                time(row, "attempt_ended_at"),
                time(row, "completed_at"));
    }

    private static @Nullable Instant time(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
