package io.projectbeacon.runner.job;

import io.projectbeacon.runner.execution.CellWork;
import io.projectbeacon.runner.execution.Columns;
import io.projectbeacon.runner.execution.ImpatientClient;
import io.projectbeacon.runner.execution.Run;
import io.projectbeacon.runner.execution.RunCause;
import io.projectbeacon.runner.worker.JobQueue;
import io.projectbeacon.runner.worker.StartedJob;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** The queue is the table of jobs itself: there is nothing beside it that could be lost or doubled. */
@Component
class JdbcJobQueue implements JobQueue {

    private static final Logger log = LoggerFactory.getLogger(JdbcJobQueue.class);

    /* One cell may have a prompt of a megabyte, and a runner holds what its jobs ask. */
    private static final String NEXT = """
            SELECT id, fence, greatest(cells, length(content::text) / 1000) AS weight
            FROM jobs WHERE status = 'queued' ORDER BY priority DESC, id LIMIT :limit
            """;

    private static final String RUNNING = "SELECT id, fence FROM jobs WHERE status = 'running' ORDER BY id";

    /*
     * Of two that start one job, one finds the fence it has seen. started_at stays when a job is taken over. A row that
     * somebody holds, as a cancel does, is passed over.
     */
    private static final String START = """
            WITH free AS MATERIALIZED (
              SELECT id FROM unnest(:jobs, :fences) AS seen (job, of_fence)
              CROSS JOIN LATERAL (
                SELECT id FROM jobs WHERE id = job AND fence = of_fence AND status = 'queued'
                FOR UPDATE SKIP LOCKED
              ) jobs
            )
            UPDATE jobs j SET
              status = 'running', fence = fence + 1, leased_until = NULL,
              started_at = coalesce(started_at, greatest(queued_at, clock_timestamp()))
            FROM free WHERE j.id = free.id
            RETURNING j.id, jobspec_id, fence, run_cause, on_unknown, content, queued_at, started_at,
              timeout_ms - extract(epoch FROM clock_timestamp() - started_at) * 1000 AS left_ms
            """;

    private static final String OWNED = """
            SELECT n FROM unnest(:jobs, :fences) WITH ORDINALITY AS run (job, of_fence, n)
            CROSS JOIN LATERAL (
              SELECT FROM jobs WHERE id = job AND fence = of_fence AND status = 'running' OFFSET 0
            ) jobs
            """;

    private static final String CANCELLED = """
            SELECT n FROM unnest(:jobs, :fences) WITH ORDINALITY AS run (job, of_fence, n)
            CROSS JOIN LATERAL (SELECT FROM jobs WHERE id = job AND status = 'cancelled' OFFSET 0) jobs
            """;

    private static final String REQUEUE = """
            UPDATE jobs SET status = 'queued', run_cause = 'redelivery'
            WHERE id = :job AND status = 'running' AND fence = :fence
            """;

    /*
     * A runner that cannot reach Redis has no lock there, and may go on all the same. A row that somebody holds is passed
     * over: the orphans behind it must not wait for it.
     */
    private static final String TAKE_BACK = """
            UPDATE jobs SET status = 'queued', run_cause = 'redelivery'
            WHERE id = (
              SELECT id FROM jobs
              WHERE id = :job AND status = 'running' AND fence = :fence
                AND (leased_until IS NULL OR leased_until < clock_timestamp())
              FOR UPDATE SKIP LOCKED)
            """;

    private static final String LEASE = """
            WITH mine AS MATERIALIZED (
              SELECT id, n FROM unnest(:jobs, :fences) WITH ORDINALITY AS run (job, of_fence, n)
              CROSS JOIN LATERAL (
                SELECT id FROM jobs WHERE id = job AND fence = of_fence AND status = 'running'
                FOR NO KEY UPDATE {locked}
              ) jobs
            )
            UPDATE jobs j SET leased_until = clock_timestamp() + make_interval(secs => :seconds)
            FROM mine WHERE j.id = mine.id
            RETURNING mine.n
            """;

    private static final String LEASE_FREE = LEASE.replace("{locked}", "SKIP LOCKED");

    /* A claim holds a job's row for a moment. */
    private static final String LEASE_AND_WAIT = LEASE.replace("{locked}", "");

    private final JdbcClient jdbc;
    private final JdbcClient impatient;
    private final JobEnds ends;
    private final JsonMapper json;

    JdbcJobQueue(JdbcTemplate template, JobEnds ends, JsonMapper json) {
        this.jdbc = JdbcClient.create(template);
        this.impatient = ImpatientClient.of(template);
        this.ends = ends;
        this.json = json;
    }

    @Override
    public List<Waiting> next(int limit) {
        return jdbc.sql(NEXT)
                .param("limit", limit)
                .query((row, n) -> new Waiting(row.getLong("id"), row.getLong("fence"), row.getInt("weight")))
                .list();
    }

    @Override
    public List<StartedJob> start(List<Waiting> jobs) {
        if (jobs.isEmpty()) {
            return List.of();
        }
        List<Long> ids = jobs.stream().map(Waiting::jobId).toList();
        Map<Long, Integer> weights = jobs.stream().collect(Collectors.toMap(Waiting::jobId, Waiting::weight));
        return jdbc
                .sql(START)
                .param("jobs", Columns.of(jobs, Long[]::new, Waiting::jobId))
                .param("fences", Columns.of(jobs, Long[]::new, Waiting::fence))
                .query((row, n) -> started(row, Objects.requireNonNull(weights.get(row.getLong("id")))))
                .list()
                .stream()
                .sorted(Comparator.comparing(job -> ids.indexOf(job.run().jobId())))
                .toList();
    }

    @Override
    public Finish finish(Run run) {
        return ends.finish(run);
    }

    @Override
    public Finish expire(Run run) {
        return ends.expire(run);
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
        return Set.copyOf(which.param("jobs", Columns.of(asked, Long[]::new, Run::jobId))
                .param("fences", Columns.of(asked, Long[]::new, Run::fence))
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
        double seconds = ttl.toMillis() / 1000.0;
        Set<Run> leased = new HashSet<>(those(jdbc.sql(LEASE_FREE).param("seconds", seconds), runs));
        List<Run> held = runs.stream().filter(run -> !leased.contains(run)).toList();
        try {
            leased.addAll(those(impatient.sql(LEASE_AND_WAIT).param("seconds", seconds), held));
        } catch (QueryTimeoutException stillHeld) {
            log.warn("The leases of some of {} jobs wait for somebody who holds a job's row", held.size());
        }
        return leased;
    }

    private boolean requeue(String sql, long jobId, long fence) {
        return jdbc.sql(sql).param("job", jobId).param("fence", fence).update() == 1;
    }

    private StartedJob started(ResultSet row, int weight) throws SQLException {
        Run run = new Run(
                row.getLong("id"),
                row.getString("jobspec_id"),
                row.getLong("fence"),
                RunCause.valueOf(row.getString("run_cause").toUpperCase(Locale.ROOT)),
                row.getString("on_unknown").equals("hold"));
        Duration waited = Duration.between(
                row.getObject("queued_at", OffsetDateTime.class), row.getObject("started_at", OffsetDateTime.class));
        try {
            List<CellWork> cells = WorkPlan.of(row.getString("content"), json);
            return new StartedJob(run, cells, waited, Duration.ofMillis(row.getLong("left_ms")), weight);
        } catch (RuntimeException unreadable) {
            // The others that were started with it must run. It ends as one without cells whose time is up.
            log.atError()
                    .addKeyValue("job_id", run.jobspecId())
                    .setCause(unreadable)
                    .log("What the job is to run cannot be read; it ends without a call");
            return new StartedJob(run, List.of(), waited, Duration.ZERO, weight);
        }
    }
}
