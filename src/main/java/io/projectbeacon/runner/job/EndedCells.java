package io.projectbeacon.runner.job;

import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.Run;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The cells of a job that have an end, so that a run need not bring them to one. */
@Component
public class EndedCells {

    /** SQL: whether the row e of a cell of the job j has no end: it is running, or covered by a retry. */
    static final String WITHOUT_END = """
            (e.status = 'running'
              OR e.status IN ('failed', 'cancelled') AND e.fence <= j.retry_fence
              OR e.status = 'unknown' AND e.fence <= j.retry_fence AND j.retry_unknown)
            """;

    private static final String ENDED = """
            SELECT e.region, e.model_id, e.status
            FROM jobs j JOIN executions e ON e.job_id = j.id
            WHERE j.id = :job AND NOT %s
            """.formatted(WITHOUT_END);

    private final JdbcClient jdbc;

    EndedCells(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** The cells, and how each ended. */
    public Map<Cell, ExecutionStatus> of(Run run) {
        return jdbc
                .sql(ENDED)
                .param("job", run.jobId())
                .query((row, n) -> Map.entry(
                        new Cell(run.jobId(), row.getString("region"), row.getString("model_id")),
                        ExecutionStatus.of(row.getString("status"))))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (one, surplus) -> one));
    }
}
