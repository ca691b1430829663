package io.projectbeacon.runner.job;

import io.projectbeacon.runner.execution.JobSettlement;
import io.projectbeacon.runner.execution.KnownTransaction;
import io.projectbeacon.runner.execution.OpenCells;
import io.projectbeacon.runner.execution.Run;
import io.projectbeacon.runner.execution.RunCause;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.worker.JobQueue;
import io.projectbeacon.runner.worker.StartedJob;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** The queue is the table of jobs itself: there is nothing beside it that could be lost or doubled. */
@Component
class JdbcJobQueue implements JobQueue, JobSettlement {

    private static final String NEXT =
            "SELECT id, fence FROM jobs WHERE status = 'queued' ORDER BY priority DESC, id LIMIT :limit";

    private static final String RUNNING = "SELECT id, fence FROM jobs WHERE status = 'running' ORDER BY id";

    /* Of two that start one job, one finds the fence it has seen. started_at stays when a job is taken over. */
    private static final String START = """
            UPDATE jobs SET
              status = 'running', fence = fence + 1, leased_until = NULL,
              started_at = coalesce(started_at, greatest(queued_at, clock_timestamp()))
            WHERE id = :job AND status = 'queued' AND fence = :fence
            RETURNING jobspec_id, fence, run_cause, on_unknown, content, queued_at, started_at,
              timeout_ms - extract(epoch FROM clock_timestamp() - started_at) * 1000 AS left_ms
            """;

    private static final String OWNED = """
            SELECT run.n FROM unnest(:jobs, :fences) WITH ORDINALITY AS run (job, fence, n)
            JOIN jobs j ON j.id = run.job AND j.fence = run.fence AND j.status = 'running'
            """;

    private static final String CANCELLED = """
            SELECT run.n FROM unnest(:jobs, :fences) WITH ORDINALITY AS run (job, fence, n)
            JOIN jobs j ON j.id = run.job AND j.status = 'cancelled'
            """;

    private static final String LOCK_OWNED =
            "SELECT id FROM jobs WHERE id = :job AND status = 'running'" + " AND fence = :fence FOR UPDATE";

    private static final String LOCK = "SELECT id FROM jobs WHERE id = :job FOR UPDATE";

    private static final String REQUEUE = """
            UPDATE jobs SET status = 'queued', run_cause = 'redelivery'
            WHERE id = :job AND status = 'running' AND fence = :fence
            """;

    /* A runner that cannot reach Redis has no lock there, and may go on all the same. */
    private static final String TAKE_BACK = REQUEUE + "AND (leased_until IS NULL OR leased_until < clock_timestamp())";

    private static final String LEASE = """
            UPDATE jobs j SET leased_until = clock_timestamp() + make_interval(secs => :seconds)
            FROM unnest(:jobs, :fences) WITH ORDINALITY AS run (job, fence, n)
            WHERE j.id = run.job AND j.fence = run.fence AND j.status = 'running'
            RETURNING run.n
            """;

    /* A status is never written from what a runner believes: it is computed from the rows, under the job's lock. */
    private static final String STATUS_FROM_ROWS = """
            CASE
              WHEN c.completed = j.cells THEN 'completed'
              WHEN c.completed >= j.min_success_rate * j.cells THEN 'completed'
              WHEN c.completed > 0 THEN 'partial'
              ELSE 'failed'
            END
            """;

    private static final String COMPLETED_CELLS =
            "(SELECT count(*) AS completed FROM executions WHERE job_id = :job AND status = 'completed') c";

    private static final String FINISH =
            """
            UPDATE jobs j SET
              finished_at = greatest(started_at, clock_timestamp()),
              status =
            """ + STATUS_FROM_ROWS + "FROM " + COMPLETED_CELLS + "\nWHERE j.id = :job RETURNING j.status";

    private static final String SETTLE = "UPDATE jobs j SET status = " + STATUS_FROM_ROWS + "FROM " + COMPLETED_CELLS
            + "\nWHERE j.id = :job AND j.status IN ('completed', 'partial', 'failed')";

    /* Without an end is what the claim gate would let through: never claimed, running, or asked for by a retry. */
    private static final String WITHOUT_END = """
            SELECT j.cells - count(e.id) FILTER (WHERE NOT (
                e.status = 'running'
                OR e.status IN ('failed', 'cancelled') AND e.fence <= j.retry_fence
                OR e.status = 'unknown' AND e.fence <= j.retry_fence AND j.retry_unknown))
            FROM jobs j LEFT JOIN executions e ON e.job_id = j.id
            WHERE j.id = :job
            GROUP BY j.id
            """;

    private record Expired(Finish finish, List<OpenCells.Ended> cells) {}

    private final JdbcClient jdbc;
    private final KnownTransaction transaction;
    private final OpenCells openCells;
    private final BeaconMetrics metrics;
    private final JsonMapper json;

    JdbcJobQueue(
            JdbcClient jdbc,
            KnownTransaction transaction,
            OpenCells openCells,
            BeaconMetrics metrics,
            JsonMapper json) {
        this.jdbc = jdbc;
        this.transaction = transaction;
        this.openCells = openCells;
        this.metrics = metrics;
        this.json = json;
        for (JobStatus status : JobStatus.values()) {
            if (status.isFinal()) {
                metrics.registerJobStatus(status.wireName());
            }
        }
    }

    @Override
    public List<Waiting> next(int limit) {
        return jdbc.sql(NEXT)
                .param("limit", limit)
                .query((row, n) -> new Waiting(row.getLong("id"), row.getLong("fence")))
                .list();
    }

    @Override
    public Optional<StartedJob> start(Waiting job) {
        return jdbc.sql(START)
                .param("job", job.jobId())
                .param("fence", job.fence())
                .query((row, n) -> started(job.jobId(), row))
                .optional();
    }

    @Override
    public Finish finish(Run run) {
        return transaction.execute(() -> finishLocked(run), this::count);
    }

    private void count(Finish finish) {
        if (finish instanceof Finish.Finished finished) {
            metrics.jobFinished(finished.status());
        }
    }

    @Override
    public Finish expire(Run run) {
        return transaction
                .execute(() -> expireLocked(run), expired -> {
                    openCells.count(expired.cells());
                    count(expired.finish());
                })
                .finish();
    }

    private Expired expireLocked(Run run) {
        if (!lockOwned(run)) {
            return new Expired(new Finish.TurnedAway(), List.of());
        }
        List<OpenCells.Ended> ended = openCells.end(run.jobId(), run.holdsUnknown(), OpenCells.Cause.DEADLINE);
        return new Expired(writeFinalStatus(run), ended);
    }

    @Override
    public Set<Run> owned(Collection<Run> runs) {
        return those(jdbc.sql(OWNED), runs);
    }

    @Override
    public Set<Run> cancelled(Collection<Run> runs) {
        return those(jdbc.sql(CANCELLED), runs);
    }

    private static Set<Run> those(JdbcClient.StatementSpec which, Collection<Run> runs) {
        List<Run> asked = List.copyOf(runs);
        if (asked.isEmpty()) {
            return Set.of();
        }
        return Set.copyOf(which.param("jobs", asked.stream().map(Run::jobId).toArray(Long[]::new))
                .param("fences", asked.stream().map(Run::fence).toArray(Long[]::new))
                .query((row, n) -> asked.get(row.getInt("n") - 1))
                .list());
    }

    @Override
    public List<Running> running() {
        return jdbc.sql(RUNNING)
                .query((row, n) -> new Running(row.getLong("id"), row.getLong("fence")))
                .list();
    }

    @Override
    public boolean takeBack(Running orphan) {
        return requeue(TAKE_BACK, orphan.jobId(), orphan.fence());
    }

    @Override
    public boolean resume(Running left) {
        return requeue(REQUEUE, left.jobId(), left.fence());
    }

    @Override
    public Set<Run> lease(Collection<Run> runs, Duration ttl) {
        return those(jdbc.sql(LEASE).param("seconds", ttl.toMillis() / 1000.0), runs);
    }

    @Override
    public void lock(long jobId) {
        jdbc.sql(LOCK).param("job", jobId).query(Long.class).optional();
    }

    @Override
    public void settle(long jobId) {
        jdbc.sql(SETTLE).param("job", jobId).update();
    }

    /** The rows are read by a later statement than the one that locks, which therefore sees every end before it. */
    private Finish finishLocked(Run run) {
        if (!lockOwned(run)) {
            return new Finish.TurnedAway();
        }
        long withoutEnd = jdbc.sql(WITHOUT_END)
                .param("job", run.jobId())
                .query(Long.class)
                .single();
        if (withoutEnd > 0) {
            requeue(REQUEUE, run.jobId(), run.fence());
            return new Finish.BackInQueue();
        }
        return writeFinalStatus(run);
    }

    private boolean lockOwned(Run run) {
        return jdbc.sql(LOCK_OWNED)
                .param("job", run.jobId())
                .param("fence", run.fence())
                .query(Long.class)
                .optional()
                .isPresent();
    }

    private Finish writeFinalStatus(Run run) {
        return new Finish.Finished(
                jdbc.sql(FINISH).param("job", run.jobId()).query(String.class).single());
    }

    private boolean requeue(String sql, long jobId, long fence) {
        return jdbc.sql(sql).param("job", jobId).param("fence", fence).update() == 1;
    }

    private StartedJob started(long jobId, ResultSet row) throws SQLException {
        Run run = new Run(
                jobId,
                row.getString("jobspec_id"),
                row.getLong("fence"),
                RunCause.valueOf(row.getString("run_cause").toUpperCase(Locale.ROOT)),
                row.getString("on_unknown").equals("hold"));
        Duration waited = Duration.between(
                row.getObject("queued_at", OffsetDateTime.class), row.getObject("started_at", OffsetDateTime.class));
        return new StartedJob(
                run, WorkPlan.of(row.getString("content"), json), waited, Duration.ofMillis(row.getLong("left_ms")));
    }
}
