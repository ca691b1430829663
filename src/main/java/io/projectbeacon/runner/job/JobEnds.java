package io.projectbeacon.runner.job;

import io.projectbeacon.runner.execution.Columns;
import io.projectbeacon.runner.execution.GroupCommit;
import io.projectbeacon.runner.execution.ImpatientClient;
import io.projectbeacon.runner.execution.JobSettlement;
import io.projectbeacon.runner.execution.KnownTransaction;
import io.projectbeacon.runner.execution.OpenCells;
import io.projectbeacon.runner.execution.OutageLog;
import io.projectbeacon.runner.execution.Run;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.worker.JobQueue.Finish;
import jakarta.annotation.PreDestroy;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Gives jobs their final status, those of many runs together.
 *
 * <p>A status is never written from what a runner believes: it is computed from the rows of the cells, under the lock of
 * the job's row. The rows are read by a later statement than the one that locks, which therefore sees every end before it.
 */
@Component
class JobEnds implements JobSettlement {

    private static final Logger log = LoggerFactory.getLogger(JobEnds.class);

    private static final int LARGEST = 250;

    private static final int ALONE = 2;

    private static final String LOCK = "SELECT id FROM jobs WHERE id = :job FOR UPDATE";

    private static final String LOCK_OWNED = """
            SELECT n FROM unnest(:jobs, :fences) WITH ORDINALITY AS run (job, of_fence, n)
            CROSS JOIN LATERAL (
              SELECT id FROM jobs WHERE id = job AND fence = of_fence AND status = 'running'
              FOR UPDATE {locked}
            ) jobs
            """;

    /* Many wait for nobody. Who is passed over asks alone. */
    private static final String LOCK_FREE = LOCK_OWNED.replace("{locked}", "SKIP LOCKED");

    private static final String LOCK_AND_WAIT = LOCK_OWNED.replace("{locked}", "");

    private static final String STATUS_FROM_ROWS = """
            CASE
              WHEN c.completed = j.cells THEN 'completed'
              WHEN c.completed >= j.min_success_rate * j.cells THEN 'completed'
              WHEN c.completed > 0 THEN 'partial'
              ELSE 'failed'
            END
            """;

    /* Without an end is what the claim gate would let through: never claimed, running, or asked for by a retry. */
    private static final String FINISH = """
            WITH counted AS MATERIALIZED (
              SELECT j.id, c.completed, j.cells > c.ended AS without_end
              FROM jobs j
              CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE e.status = 'completed') AS completed,
                  count(*) FILTER (WHERE NOT (
                    e.status = 'running'
                    OR e.status IN ('failed', 'cancelled') AND e.fence <= j.retry_fence
                    OR e.status = 'unknown' AND e.fence <= j.retry_fence AND j.retry_unknown)) AS ended
                FROM executions e WHERE e.job_id = j.id
              ) c
              WHERE j.id = ANY(:jobs)
            )
            UPDATE jobs j SET
              finished_at = CASE WHEN NOT c.without_end THEN greatest(j.started_at, clock_timestamp()) END,
              run_cause = CASE WHEN c.without_end THEN 'redelivery' ELSE j.run_cause END,
              status = CASE WHEN c.without_end THEN 'queued' ELSE %s END
            FROM counted c WHERE j.id = c.id
            RETURNING j.id, j.status
            """.formatted(STATUS_FROM_ROWS);

    private static final String COMPLETED_CELLS =
            "(SELECT count(*) AS completed FROM executions WHERE job_id = :job AND status = 'completed') c";

    private static final String EXPIRE =
            "UPDATE jobs j SET finished_at = greatest(started_at, clock_timestamp()), status = " + STATUS_FROM_ROWS
                    + "FROM " + COMPLETED_CELLS + "\nWHERE j.id = :job RETURNING j.status";

    private static final String SETTLE = "UPDATE jobs j SET status = " + STATUS_FROM_ROWS + "FROM " + COMPLETED_CELLS
            + "\nWHERE j.id = :job AND j.status IN ('completed', 'partial', 'failed')";

    private record Expired(Finish finish, List<OpenCells.Ended> cells) {}

    private final JdbcClient jdbc;
    /** For locks: who waits for a job that somebody holds has a connection meanwhile. */
    private final JdbcClient impatient;
    /** Of those that wait for a job, so many at once. */
    private final Semaphore alone = new Semaphore(ALONE, true);

    private final KnownTransaction transaction;
    private final OpenCells openCells;
    private final BeaconMetrics metrics;
    private final GroupCommit<Run, Finish> group;
    private final OutageLog outage = new OutageLog(log);

    JobEnds(JdbcTemplate template, KnownTransaction transaction, OpenCells openCells, BeaconMetrics metrics) {
        this.jdbc = JdbcClient.create(template);
        this.impatient = ImpatientClient.of(template);
        this.transaction = transaction;
        this.openCells = openCells;
        this.metrics = metrics;
        this.group = new GroupCommit<>(
                this::finishTogether,
                this::finishAlone,
                failure -> outage.away("A batch of jobs could not be finished; each is finished alone", failure),
                Thread::startVirtualThread,
                new GroupCommit.Bounds<>(LARGEST, run -> 1));
        for (JobStatus status : JobStatus.values()) {
            if (status.isFinal()) {
                metrics.registerJobStatus(status.wireName());
            }
        }
    }

    /** Gives the job its final status; or back to the queue, if one of its cells has no end. */
    Finish finish(Run run) {
        return group.ask(run);
    }

    /** Gives the job its final status because its time is up: its cells without an end are ended too. */
    Finish expire(Run run) {
        return transaction
                .execute(() -> expireLocked(run), expired -> {
                    openCells.count(expired.cells());
                    count(List.of(expired.finish()));
                })
                .finish();
    }

    @Override
    public void lock(long jobId) {
        impatient.sql(LOCK).param("job", jobId).query(Long.class).optional();
    }

    @Override
    public void settle(long jobId) {
        jdbc.sql(SETTLE).param("job", jobId).update();
    }

    @PreDestroy
    void close() throws InterruptedException {
        group.drain();
    }

    private List<Optional<Finish>> finishTogether(List<Run> runs) {
        Map<Run, Finish> finished = finish(LOCK_FREE, runs);
        outage.back("Jobs are finished together again");
        return runs.stream().map(run -> Optional.ofNullable(finished.get(run))).toList();
    }

    private Finish finishAlone(Run run) {
        alone.acquireUninterruptibly();
        try {
            return Optional.ofNullable(finish(LOCK_AND_WAIT, List.of(run)).get(run))
                    .orElseGet(Finish.TurnedAway::new);
        } finally {
            alone.release();
        }
    }

    private Map<Run, Finish> finish(String lock, List<Run> runs) {
        return transaction.execute(() -> finishLocked(locked(lock, runs)), finished -> count(finished.values()));
    }

    private void count(Collection<Finish> finishes) {
        finishes.forEach(finish -> {
            if (finish instanceof Finish.Finished finished) {
                metrics.jobFinished(finished.status());
            }
        });
    }

    private List<Run> locked(String lock, List<Run> runs) {
        return impatient
                .sql(lock)
                .param("jobs", Columns.of(runs, Long[]::new, Run::jobId))
                .param("fences", Columns.of(runs, Long[]::new, Run::fence))
                .query((row, n) -> runs.get(row.getInt("n") - 1))
                .list();
    }

    private Map<Run, Finish> finishLocked(List<Run> runs) {
        Map<Run, Finish> finished = new HashMap<>();
        if (!runs.isEmpty()) {
            Map<Long, Run> byJob =
                    runs.stream().collect(Collectors.toMap(Run::jobId, Function.identity(), (a, b) -> a));
            jdbc.sql(FINISH).param("jobs", byJob.keySet().toArray(Long[]::new)).query(row -> {
                String status = row.getString("status");
                finished.put(
                        byJob.get(row.getLong("id")),
                        status.equals(JobStatus.QUEUED.wireName())
                                ? new Finish.BackInQueue()
                                : new Finish.Finished(status));
            });
        }
        return finished;
    }

    private Expired expireLocked(Run run) {
        if (locked(LOCK_AND_WAIT, List.of(run)).isEmpty()) {
            return new Expired(new Finish.TurnedAway(), List.of());
        }
        List<OpenCells.Ended> ended = openCells.end(run.jobId(), run.holdsUnknown(), OpenCells.Cause.DEADLINE);
        String status =
                jdbc.sql(EXPIRE).param("job", run.jobId()).query(String.class).single();
        return new Expired(new Finish.Finished(status), ended);
    }
}
