package io.projectbeacon.runner.job;

import io.projectbeacon.runner.execution.ImpatientClient;
import io.projectbeacon.runner.execution.KnownTransaction;
import io.projectbeacon.runner.execution.OpenCells;
import io.projectbeacon.runner.execution.Page;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.worker.WakeUp;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The jobs as a client sees them: submit one, look at it, ask for it to be tried again. */
@Component
public class Jobs {

    /*
     * The fence at which the retry is asked for is noted, so that it covers what had ended by now and nothing later.
     */
    private static final String RETRY = """
            UPDATE jobs SET
              status = 'queued', run_cause = 'retry', retry_fence = fence, retry_unknown = :includeUnknown,
              queued_at = greatest(queued_at, clock_timestamp()), started_at = NULL, finished_at = NULL
            WHERE jobspec_id = :id AND status NOT IN ('queued', 'running')
            """;

    /* Whoever runs it finds the job's row changed: it claims nothing more, and finishes nothing. */
    private static final String CANCEL = """
            UPDATE jobs SET
              status = 'cancelled', finished_at = greatest(coalesce(started_at, queued_at), clock_timestamp())
            WHERE jobspec_id = :id AND status IN ('queued', 'running')
            RETURNING id, on_unknown = 'hold' AS hold
            """;

    /** How a retry was taken. */
    public enum Retry {
        QUEUED,
        /** The job has not ended yet. */
        STILL_ACTIVE,
        NO_SUCH_JOB
    }

    /** How a cancel was taken. */
    public enum Cancel {
        CANCELLED,
        CANCELLED_BEFORE,
        /** The job has come to an end of its own. */
        ENDED_OTHERWISE,
        NO_SUCH_JOB
    }

    private record Open(long id, boolean holdsUnknown) {}

    private final JdbcClient jdbc;
    private final KnownTransaction transaction;
    private final JobReader reader;
    private final Backlog backlog;
    private final NewJobs newJobs;
    private final OpenCells openCells;
    private final WakeUp wakeUp;
    private final BeaconMetrics metrics;

    Jobs(
            JdbcTemplate template,
            KnownTransaction transaction,
            JobReader reader,
            Backlog backlog,
            NewJobs newJobs,
            OpenCells openCells,
            WakeUp wakeUp,
            BeaconMetrics metrics) {
        this.jdbc =
                ImpatientClient.of(template); // Whoever holds the job may hold it for long; the client can ask again.
        this.transaction = transaction;
        this.reader = reader;
        this.backlog = backlog;
        this.newJobs = newJobs;
        this.openCells = openCells;
        this.wakeUp = wakeUp;
        this.metrics = metrics;
    }

    /** Stores a job and queues it, in one transaction with the ledger of what was dropped from it; or finds it. */
    public Submission submit(NewJob job) {
        while (true) {
            boolean room = backlog.reserve(job.cells());
            Optional<JobView> stored = room ? storeReserved(job) : Optional.empty();
            if (stored.isPresent()) {
                return new Submission.Accepted(stored.get());
            }
            // A job that is there already is found even when there is no room for it.
            Optional<JobReader.Stored> existing = job.idempotencyKey() == null
                    ? reader.byJobspecId(job.jobspecId())
                    : reader.byIdempotencyKey(job.idempotencyKey());
            if (existing.isPresent()) {
                return new Submission.Existing(
                        existing.get().job(), existing.get().content());
            }
            if (!room) {
                return new Submission.QueueFull(backlog.bound());
            }
            // It stood in the way a moment ago and has been deleted since.
        }
    }

    private Optional<JobView> storeReserved(NewJob job) {
        Optional<JobView> stored = Optional.empty();
        try {
            stored = newJobs.store(job);
            return stored;
        } finally {
            if (stored.isPresent()) {
                backlog.stored(job.cells());
            } else {
                backlog.notStored(job.cells());
            }
        }
    }

    public Optional<JobView> find(String jobspecId) {
        return reader.byJobspecId(jobspecId).map(JobReader.Stored::job);
    }

    /** Newest first; the status may be null to match every one. */
    public Page<JobView> list(@Nullable JobStatus status, Page.Request page) {
        return reader.list(status, page);
    }

    /**
     * Queues an ended job again. Its failed, cancelled and never-claimed cells will run, its completed ones be stopped
     * and counted.
     *
     * @param includeUnknown whether cells whose outcome is unknown run as well, under {@code on_unknown: hold}
     */
    public Retry retry(String jobspecId, boolean includeUnknown) {
        int queued = jdbc.sql(RETRY)
                .param("id", jobspecId)
                .param("includeUnknown", includeUnknown)
                .update();
        if (queued == 1) {
            wakeUp.announce();
            return Retry.QUEUED;
        }
        return reader.byJobspecId(jobspecId).isPresent() ? Retry.STILL_ACTIVE : Retry.NO_SUCH_JOB;
    }

    /**
     * Cancels a job that has not ended: no cell of it is claimed any more from here on, and the calls under way are
     * interrupted within a second, wherever they run.
     */
    public Cancel cancel(String jobspecId) {
        Optional<List<OpenCells.Ended>> ended = transaction.execute(
                () -> cancelOpen(jobspecId), cancelled -> cancelled.ifPresent(this::countCancelled));
        if (ended.isPresent()) {
            return Cancel.CANCELLED;
        }
        return reader.byJobspecId(jobspecId)
                .map(stored -> stored.job().status().equals(JobStatus.CANCELLED.wireName())
                        ? Cancel.CANCELLED_BEFORE
                        : Cancel.ENDED_OTHERWISE)
                .orElse(Cancel.NO_SUCH_JOB);
    }

    private void countCancelled(List<OpenCells.Ended> cells) {
        openCells.count(cells);
        metrics.jobFinished(JobStatus.CANCELLED.wireName());
    }

    private Optional<List<OpenCells.Ended>> cancelOpen(String jobspecId) {
        return jdbc.sql(CANCEL)
                .param("id", jobspecId)
                .query((row, n) -> new Open(row.getLong("id"), row.getBoolean("hold")))
                .optional()
                .map(job -> openCells.end(job.id(), job.holdsUnknown(), OpenCells.Cause.CANCEL));
    }
}
