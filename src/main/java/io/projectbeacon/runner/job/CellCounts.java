package io.projectbeacon.runner.job;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.slf4j.spi.LoggingEventBuilder;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * How many cells of a job that has ended are in each status.
 *
 * @param neverClaimed those that have no row: no call was made for them
 */
public record CellCounts(int completed, int failed, int unknown, int cancelled, int neverClaimed) {

    /** SQL: the counts over the rows e of the cells of a job. */
    static final String COLUMNS = """
            count(*) FILTER (WHERE e.status = 'completed') AS completed,
              count(*) FILTER (WHERE e.status = 'failed') AS failed,
              count(*) FILTER (WHERE e.status = 'unknown') AS unknown,
              count(*) FILTER (WHERE e.status = 'cancelled') AS cancelled,
              count(*) AS claimed
            """;

    private static final String COUNT = """
            SELECT j.cells, c.* FROM jobs j
            CROSS JOIN LATERAL (SELECT %s FROM executions e WHERE e.job_id = j.id) c
            WHERE j.id = :job
            """.formatted(COLUMNS);

    /** Counts in the caller's transaction, which has locked the job's row. */
    static CellCounts of(JdbcClient jdbc, long jobId) {
        return jdbc.sql(COUNT).param("job", jobId).query((row, n) -> of(row)).single();
    }

    /** Reads {@link #COLUMNS}, and the job's number of cells beside them. */
    static CellCounts of(ResultSet row) throws SQLException {
        return new CellCounts(
                row.getInt("completed"),
                row.getInt("failed"),
                row.getInt("unknown"),
                row.getInt("cancelled"),
                row.getInt("cells") - row.getInt("claimed"));
    }

    /** Puts them on the line that says that the job has ended. */
    public LoggingEventBuilder on(LoggingEventBuilder line) {
        return line.addKeyValue("completed", completed)
                .addKeyValue("failed", failed)
                .addKeyValue("unknown", unknown)
                .addKeyValue("cancelled", cancelled)
                .addKeyValue("never_claimed", neverClaimed);
    }
}
