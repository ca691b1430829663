package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.database.TimeLimitedJdbc;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads which runners have cells under way, from the cells of the running jobs: so a runner that hangs is seen, too. */
@Component
public class RunnersReader {

    /** How many cells of running jobs are looked at, at most. */
    public static final int MOST_READ = 20_000;

    /**
     * A runner that has running cells.
     *
     * @param running how many
     * @param oldest when the latest attempt of the one that has run longest began
     * @param lastEnd when an attempt last ended there, among the cells of the jobs that run now; null when none has
     */
    public record RunnerView(
            String runner,
            long running,
            Instant oldest,
            @Nullable Instant lastEnd) {}

    /** @param complete false when there were more cells than are looked at */
    public record Runners(List<RunnerView> runners, boolean complete) {}

    /*
     * There is no index of running cells, which each cell would have to be written to twice; but there is one of running jobs.
     * The cells of each are found by its key, whatever the planner thinks of how many there are: LATERAL with a LIMIT is never
     * turned round.
     */
    private static final String RUNNERS = """
            WITH looked_at AS (
              SELECT e.* FROM jobs j CROSS JOIN LATERAL (
                SELECT runner, status, started_at, coalesce(completed_at, attempt_ended_at) AS ended_at
                FROM executions WHERE job_id = j.id LIMIT %1$d
              ) e
              WHERE j.status = 'running' LIMIT %1$d
            )
            SELECT runner, count(*) FILTER (WHERE status = 'running') AS running,
              min(started_at) FILTER (WHERE status = 'running') AS oldest, max(ended_at) AS last_end,
              sum(count(*)) OVER () AS looked_at
            FROM looked_at GROUP BY runner
            ORDER BY running DESC, runner
            """.formatted(MOST_READ);

    /** @param runner null for one that has none running, whose cells were looked at all the same */
    private record Row(@Nullable RunnerView runner, long lookedAt) {}

    private final JdbcClient jdbc;

    RunnersReader(JdbcTemplate template) {
        this.jdbc = TimeLimitedJdbc.of(template);
    }

    /** The runners of all callers' cells, the one with most of them first. */
    public Runners all() {
        List<Row> rows = jdbc.sql(RUNNERS).query((row, n) -> row(row)).list();
        return new Runners(
                rows.stream().map(Row::runner).filter(Objects::nonNull).toList(),
                rows.isEmpty() || rows.getFirst().lookedAt() < MOST_READ);
    }

    private static Row row(ResultSet row) throws SQLException {
        Instant oldest = instant(row, "oldest");
        RunnerView runner = oldest == null
                ? null
                : new RunnerView(row.getString("runner"), row.getLong("running"), oldest, instant(row, "last_end"));
        return new Row(runner, row.getLong("looked_at"));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
