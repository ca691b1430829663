package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.ConfirmedTransaction;
import io.projectbeacon.runner.database.ConnectionShares;
import io.projectbeacon.runner.database.GroupCommit;
import io.projectbeacon.runner.database.GroupCommits;
import io.projectbeacon.runner.database.StatementForm;
import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Gives jobs their final status, those of many runs in one batch.
 *
 * <p>A status is never written from what a runner believes: it is computed from the rows of the cells, under the lock
 * of the job's row. A later statement than the one that locks reads the rows, and so sees every end before it.
 */
@Component
public class JobFinisher {

    /** How a run left its job. */
    public sealed interface Finish {

        /** The job has its final status. */
        record Finished(JobStatus status, CellCounts cells) implements Finish {}

        /** A cell is still without an end, so the job went back to the queue. */
        record BackInQueue() implements Finish {}

        /** Its cells without an end wait, and so does the job. */
        record Parked() implements Finish {}

        /** The job is not this run's any more; nothing was changed. */
        record RunReplaced() implements Finish {}
    }

    /**
     * What a job waits for, when all its cells left do.
     *
     * @param regions of these cells
     * @param left how long until one of them can go on; null when they wait for their regions to open, and nothing else
     */
    public record Waits(Set<String> regions, @Nullable Duration left) {}

    private static final int LARGEST_BATCH = 250;

    private static final String LOCK = "SELECT id FROM jobs WHERE id = :job FOR UPDATE";

    /* A batch skips locked jobs; each skipped job is finished on its own. */
    private static final String LOCK_UNLOCKED = "SELECT n\n" + JobRows.owned(StatementForm.TOGETHER, "FOR UPDATE");
    private static final String LOCK_AND_WAIT = "SELECT n\n" + JobRows.owned(StatementForm.ALONE, "FOR UPDATE");

    private static final String STATUS_FROM_ROWS = """
            CASE
              WHEN c.completed = j.cells THEN 'completed'
              WHEN c.completed >= j.min_success_rate * j.cells THEN 'completed'
              WHEN c.completed > 0 THEN 'partial'
              ELSE 'failed'
            END
            """;

    /* Without an end are the cells that a claim would go through for: never claimed, running, or covered by a retry. */
    private static final String FINISH = """
            WITH counted AS MATERIALIZED (
              SELECT j.id, c.*, j.cells > c.ended AS without_end
              FROM jobs j
              CROSS JOIN LATERAL (
                SELECT %s, count(*) FILTER (WHERE NOT %s) AS ended
                FROM executions e WHERE e.job_id = j.id
              ) c
              WHERE j.id = ANY(:jobs)
            )
            UPDATE jobs j SET
              finished_at = CASE WHEN NOT c.without_end THEN greatest(j.started_at, clock_timestamp()) END,
              run_cause = CASE WHEN c.without_end THEN 'redelivery' ELSE j.run_cause END,
              completed_met = false,
              status = CASE WHEN c.without_end THEN 'queued' ELSE %s END
            FROM counted c WHERE j.id = c.id
            RETURNING j.id, j.status, j.cells, c.completed, c.failed, c.unknown, c.cancelled, c.claimed
            """.formatted(CellCounts.COLUMNS, EndedCells.WITHOUT_END, STATUS_FROM_ROWS);

    /* The next run is one of the same cause, for the same cells: the job was not given to it by an accident. */
    private static final String PARK = """
            UPDATE jobs SET
              run_cause = :cause, completed_met = true, parked_regions = :regions::text[], aside = :aside,
              wake_at = least(
                started_at + timeout_ms * interval '1 millisecond',
                CASE WHEN :aside THEN clock_timestamp() + make_interval(secs => :seconds) END)
            WHERE id = :job
            """;

    private static final String COMPLETED_CELLS =
            "(SELECT count(*) AS completed FROM executions WHERE job_id = :job AND status = 'completed') c";

    private static final String EXPIRE =
            "UPDATE jobs j SET finished_at = greatest(started_at, clock_timestamp()), status = " + STATUS_FROM_ROWS
                    + "FROM " + COMPLETED_CELLS + "\nWHERE j.id = :job RETURNING j.status";

    private static final String SETTLE = "UPDATE jobs j SET status = " + STATUS_FROM_ROWS + "FROM " + COMPLETED_CELLS
            + "\nWHERE j.id = :job AND j.status IN ('completed', 'partial', 'failed')";

    private record Expired(Finish finish, RunningCells.Ends cells) {}

    private final JdbcClient jdbc;

    /** For locks: a statement that waits for a locked row keeps a connection meanwhile. */
    private final JdbcClient limited;

    private final Semaphore connections;
    private final ConfirmedTransaction transaction;
    private final RunningCells runningCells;
    private final BeaconMetrics metrics;
    private final GroupCommit<Run, Finish> batches;

    JobFinisher(
            JdbcTemplate template,
            ConnectionShares shares,
            ConfirmedTransaction transaction,
            GroupCommits groupCommits,
            RunningCells runningCells,
            BeaconMetrics metrics) {
        this.jdbc = JdbcClient.create(template);
        this.limited = TimeLimitedJdbc.of(template);
        this.connections = shares.singleFinishes();
        this.transaction = transaction;
        this.runningCells = runningCells;
        this.metrics = metrics;
        this.batches =
                groupCommits.of("finished jobs", this::finishTogether, GroupCommit.Bounds.requests(LARGEST_BATCH));
    }

    /** Gives the job its final status; or puts it back into the queue, if one of its cells has no end. */
    public Finish finish(Run run) {
        return batches.ask(run).orElseGet(() -> finishAlone(run));
    }

    /** As {@link #finish}, but a job with cells without an end waits with them, and its next run is not a redelivery. */
    public Finish park(Run run, Waits waits) {
        connections.acquireUninterruptibly();
        try {
            return transaction.execute(() -> parkLocked(run, waits), finish -> count(List.of(finish)));
        } finally {
            connections.release();
        }
    }

    /** Gives the job its final status because its time is up: its cells without an end are ended too. */
    public Finish expire(Run run) {
        return transaction
                .execute(() -> expireLocked(run), expired -> {
                    runningCells.count(run.jobspecId(), expired.cells());
                    count(List.of(expired.finish()));
                })
                .finish();
    }

    /** Locks the job's row until the caller's transaction ends: the first step of recording a late answer. */
    public void lock(long jobId) {
        limited.sql(LOCK).param("job", jobId).query(Long.class).optional();
    }

    /**
     * Computes the status of a job that has ended by itself again, from the rows of its cells: the last step of
     * recording a late answer, in the transaction that has locked the job's row.
     */
    public void settle(long jobId) {
        jdbc.sql(SETTLE).param("job", jobId).update();
    }

    private List<Optional<Finish>> finishTogether(List<Run> runs) {
        Map<Run, Finish> finished = finish(LOCK_UNLOCKED, runs);
        return runs.stream().map(run -> Optional.ofNullable(finished.get(run))).toList();
    }

    private Finish finishAlone(Run run) {
        connections.acquireUninterruptibly();
        try {
            return Optional.ofNullable(finish(LOCK_AND_WAIT, List.of(run)).get(run))
                    .orElseGet(Finish.RunReplaced::new);
        } finally {
            connections.release();
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
        return limited.sql(lock)
                .params(RunColumns.of(runs))
                .query((row, n) -> runs.get(row.getInt("n") - 1))
                .list();
    }

    private Map<Run, Finish> finishLocked(List<Run> runs) {
        Map<Run, Finish> finished = new HashMap<>();
        if (!runs.isEmpty()) {
            Map<Long, Run> byJob =
                    runs.stream().collect(Collectors.toMap(Run::jobId, Function.identity(), (a, b) -> a));
            jdbc.sql(FINISH).param("jobs", byJob.keySet().toArray(Long[]::new)).query(row -> {
                JobStatus status = JobStatus.of(row.getString("status"));
                finished.put(
                        byJob.get(row.getLong("id")),
                        status == JobStatus.QUEUED
                                ? new Finish.BackInQueue()
                                : new Finish.Finished(status, CellCounts.of(row)));
            });
        }
        return finished;
    }

    private Finish parkLocked(Run run, Waits waits) {
        Finish finish = finishLocked(locked(LOCK_AND_WAIT, List.of(run))).getOrDefault(run, new Finish.RunReplaced());
        if (!(finish instanceof Finish.BackInQueue)) {
            return finish;
        }
        jdbc.sql(PARK)
                .param("job", run.jobId())
                .param("cause", run.cause().name().toLowerCase(Locale.ROOT))
                .param("regions", waits.regions().toArray(String[]::new))
                .param("aside", waits.left() != null)
                .param("seconds", waits.left() == null ? 0.0 : waits.left().toMillis() / 1000.0)
                .update();
        return new Finish.Parked();
    }

    private Expired expireLocked(Run run) {
        if (locked(LOCK_AND_WAIT, List.of(run)).isEmpty()) {
            return new Expired(new Finish.RunReplaced(), RunningCells.Ends.NONE);
        }
        RunningCells.Ends ended = runningCells.end(run.jobId(), run.onUnknown(), RunningCells.Cause.DEADLINE);
        String status =
                jdbc.sql(EXPIRE).param("job", run.jobId()).query(String.class).single();
        return new Expired(new Finish.Finished(JobStatus.of(status), CellCounts.of(jdbc, run.jobId())), ended);
    }
}
