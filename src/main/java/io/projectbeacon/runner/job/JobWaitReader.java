package io.projectbeacon.runner.job;

import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.job.JobWait.Reason;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** What a job waits for: one that runs, by the word of its runner; one in the queue, by the tables that keep it there. */
@Component
public class JobWaitReader {

    /* A job that was put aside for its cells' next attempts waits for these, whatever its regions do. */
    private static final String QUEUED = """
            SELECT region,
              CASE WHEN paused_at IS NOT NULL THEN 'PAUSED' WHEN j.aside THEN 'BACKOFF'
                WHEN closed_until IS NOT NULL THEN 'CLOSED' ELSE 'RUNNER' END AS reason,
              CASE WHEN paused_at IS NOT NULL THEN NULL WHEN j.aside THEN j.wake_at ELSE closed_until END AS until
            FROM jobs j CROSS JOIN LATERAL unnest(coalesce(j.parked_regions, j.regions)) AS region
            LEFT JOIN closed_regions USING (region) LEFT JOIN paused_regions USING (region)
            WHERE j.id = :job AND j.status = 'queued'
            ORDER BY region
            """;

    private final JdbcClient jdbc;
    private final WaitBoard board;

    JobWaitReader(JdbcClient jdbc, WaitBoard board) {
        this.jdbc = jdbc;
        this.board = board;
    }

    /** The job with what it waits for, unless it has ended, or runs and Redis is away. */
    public JobView add(JobView job) {
        return switch (JobStatus.of(job.status())) {
            case QUEUED -> job.waitingFor(queued(job.jobId()));
            case RUNNING -> board.read(job.jobId()).map(job::waitingFor).orElse(job);
            case COMPLETED, PARTIAL, FAILED, CANCELLED -> job;
        };
    }

    private List<JobWait> queued(long jobId) {
        List<JobWait> waits = new ArrayList<>(jdbc.sql(QUEUED)
                .param("job", jobId)
                .query((row, n) -> wait(row))
                .list());
        // A runner that finds the job's lock broken says so; what it wrote of an earlier run is over.
        Optional<List<JobWait>> told = board.read(jobId);
        told.ifPresent(
                all -> all.stream().filter(wait -> wait.isFor(Reason.LOCK_KEY)).forEach(waits::add));
        return waits;
    }

    private static JobWait wait(ResultSet row) throws SQLException {
        OffsetDateTime until = row.getObject("until", OffsetDateTime.class);
        return new JobWait(
                row.getString("region"),
                Reason.valueOf(row.getString("reason")),
                null,
                until == null ? null : until.toInstant());
    }
}
