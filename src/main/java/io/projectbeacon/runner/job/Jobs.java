package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.ConfirmedTransaction;
import io.projectbeacon.runner.database.Durability;
import io.projectbeacon.runner.database.NotConfirmedException;
import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.database.TimeLimitedJdbc;
import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.domain.OnUnknown;
import io.projectbeacon.runner.jobspec.ContentDigest;
import io.projectbeacon.runner.jobspec.NormalizedSpec;
import io.projectbeacon.runner.jobspec.SpecContent;
import io.projectbeacon.runner.logs.SparingLog;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The jobs as a client sees them: submit one, look at it, retry it, cancel it. */
@Component
public class Jobs {

    private static final Logger log = LoggerFactory.getLogger(Jobs.class);
    private static final SparingLog UNREADABLE_LINES = new SparingLog();
    private static final String UNREADABLE =
            "What the job was stored with cannot be read; a JobSpec under its name is refused as another one";

    /* The fence at which the retry is asked for is noted, so that it covers what had ended by now and nothing later. */
    private static final String RETRY = """
            UPDATE jobs SET
              status = 'queued', run_cause = 'retry', retry_fence = fence, retry_unknown = :includeUnknown,
              retry_new_keys = :newKeys, completed_met = false,
              text_bytes = coalesce(text_bytes, octet_length(spec::text) + octet_length(content::text)),
              queued_at = greatest(queued_at, clock_timestamp()), started_at = NULL, finished_at = NULL
            WHERE jobspec_id = :id AND status NOT IN ('queued', 'running') AND content_erased_at IS NULL
            """;

    /* The job's run finds the row changed: it claims nothing more, and does not finish the job. */
    private static final String CANCEL = """
            UPDATE jobs SET
              status = 'cancelled', parked_regions = NULL, wake_at = NULL, aside = false,
              finished_at = greatest(coalesce(started_at, queued_at), clock_timestamp())
            WHERE jobspec_id = :id AND status IN ('queued', 'running')
            RETURNING id, on_unknown
            """;

    /*
     * Nothing of it was left to cancel: a retry of it was stopped, or its last cell had just ended. A statement of its own,
     * which sees what ended before the lock of the job's row.
     */
    private static final String COMPLETED_ALL_THE_SAME = """
            UPDATE jobs SET status = 'completed'
            WHERE id = :job
              AND cells = (SELECT count(*) FROM executions WHERE job_id = :job AND status = 'completed')
            """;

    /** The result of asking for a retry. */
    public enum Retry {
        QUEUED,
        /** The job has not ended yet. */
        STILL_ACTIVE,
        /** What its cells asked is not known any more. */
        CONTENT_ERASED,
        NO_SUCH_JOB
    }

    /** The result of asking for a cancel. */
    public enum Cancel {
        /** It has ended now: cancelled, or completed if all of its cells are. */
        CANCELLED,
        CANCELLED_BEFORE,
        /** The job has come to an end of its own. */
        ENDED_OTHERWISE,
        NO_SUCH_JOB
    }

    /** The result of asking for the content to be erased. */
    public enum Erasure {
        /** By this call or an earlier one. */
        ERASED,
        /** The job has not ended yet. */
        STILL_ACTIVE,
        NO_SUCH_JOB
    }

    private record Active(long jobId, OnUnknown onUnknown) {}

    private record Cancelled(JobStatus status, RunningCells.Ends cells, CellCounts counts) {}

    /** Time-limited: another transaction may have locked the job for long, and the client can ask again. */
    private final JdbcClient limited;

    private final Durability durability;
    private final ConfirmedTransaction transaction;
    private final JobIds ids;
    private final Duration defaultTimeout;
    private final JobReader reader;
    private final Backlog backlog;
    private final NewJobs newJobs;
    private final ContentErasure erasure;
    private final RunningCells runningCells;
    private final WakeUp wakeUp;
    private final BeaconMetrics metrics;
    private final JsonMapper json;

    Jobs(
            JdbcTemplate template,
            ConfirmedTransaction transaction,
            JobIds ids,
            JobsProperties properties,
            JobReader reader,
            Backlog backlog,
            NewJobs newJobs,
            ContentErasure erasure,
            RunningCells runningCells,
            WakeUp wakeUp,
            BeaconMetrics metrics,
            JsonMapper json) {
        this.limited = TimeLimitedJdbc.of(template);
        this.durability = Durability.of(template);
        this.transaction = transaction;
        this.ids = ids;
        this.defaultTimeout = properties.defaultTimeout();
        this.reader = reader;
        this.backlog = backlog;
        this.newJobs = newJobs;
        this.erasure = erasure;
        this.runningCells = runningCells;
        this.wakeUp = wakeUp;
        this.metrics = metrics;
        this.json = json;
    }

    /**
     * Decides what the JobSpec leaves open: its id and its time-out. Nothing is stored yet.
     *
     * @param caller whose job it is to be
     * @param key names a job that the client gives no id; it is not looked at when the JobSpec has one
     */
    public NewJob prepare(NormalizedSpec spec, String caller, @Nullable JobKey key) {
        return new NewJob(
                new JobName(caller, spec.id() == null ? ids.next() : spec.id()),
                spec.id() == null ? key : null,
                spec,
                json.writeValueAsString(spec.received()),
                json.writeValueAsString(spec.content()),
                spec.timeout() == null ? defaultTimeout : spec.timeout(),
                null);
    }

    /** Stores a job and queues it, in one transaction with the ledger of what was dropped from it; or finds it. */
    public Submission submit(NewJob job) {
        Load load = Load.of(job);
        while (true) {
            Optional<QueueBound> full = job.isStorable()
                    ? backlog.reserve(job.name().caller(), load, job.spec().regions())
                    : Optional.empty();
            Optional<JobView> stored = job.isStorable() && full.isEmpty() ? storeReserved(job, load) : Optional.empty();
            if (stored.isPresent()) {
                return new Submission.Accepted(stored.get());
            }
            // An existing job is found even when the queue is full.
            Optional<JobReader.Stored> existing = confirmed(job);
            if (existing.isPresent()) {
                Submission found = compared(job, existing.get());
                return isAnother(found) && isNonceUsed(job) ? new Submission.NonceUsed() : found;
            }
            if (isDeleted(job)) {
                return new Submission.Deleted();
            }
            if (isNonceUsed(job)) {
                return new Submission.NonceUsed();
            }
            if (!job.isStorable()) {
                return new Submission.SignatureNotCurrent();
            }
            if (full.isPresent()) {
                return new Submission.QueueFull(full.get());
            }
            // The id that stood in the way has been given free since: try again.
        }
    }

    private static boolean isAnother(Submission found) {
        return found instanceof Submission.IdTaken || found instanceof Submission.KeyTaken;
    }

    private boolean isNonceUsed(NewJob job) {
        return job.nonce() != null && reader.isNonceUsed(job.nonce());
    }

    /**
     * Whether this very job is stored, or was and has been deleted: asked for a JobSpec that would not be taken today,
     * but may have been before.
     */
    public boolean holds(NewJob job) {
        boolean named = job.spec().id() != null || job.key() != null;
        return named
                && existing(job)
                        .map(stored -> compared(job, stored) instanceof Submission.Replayed)
                        .orElseGet(() -> isDeleted(job));
    }

    private boolean isDeleted(NewJob job) {
        return job.key() == null ? reader.isDeleted(job.name()) : reader.isKeyOfDeleted(job.key());
    }

    /**
     * The job that is stored already: a client that is told of it takes it for accepted.
     *
     * @throws MaybeStoredException when it is there, and no standby has confirmed it
     */
    private Optional<JobReader.Stored> confirmed(NewJob job) {
        Optional<JobReader.Stored> seen = existing(job);
        try {
            return seen.isEmpty() ? seen : durability.read(() -> existing(job));
        } catch (DataAccessException | TransactionException unconfirmed) {
            throw new MaybeStoredException(seen.orElseThrow().name(), unconfirmed);
        }
    }

    private Optional<JobReader.Stored> existing(NewJob job) {
        return job.key() == null ? reader.byName(job.name()) : reader.byKey(job.key());
    }

    private static Submission compared(NewJob job, JobReader.Stored existing) {
        try {
            return comparedTo(existing, job);
        } catch (IllegalArgumentException changed) {
            UNREADABLE_LINES.line(before -> log.atError()
                    .addKeyValue("job_id", existing.name().text())
                    .addKeyValue("also_before", before)
                    .setCause(changed)
                    .log(UNREADABLE));
            return new Submission.Unreadable(existing.job());
        }
    }

    private static Submission comparedTo(JobReader.Stored existing, NewJob job) {
        if (Stream.of(job.spec().content(), job.spec().contentBefore())
                .filter(Objects::nonNull)
                .anyMatch(form -> isSame(existing, form))) {
            return new Submission.Replayed(existing.job());
        }
        List<String> differences = existing.content() == null
                ? List.of()
                : SpecContent.differences(
                        SpecContent.parse(existing.content()), job.spec().content());
        return job.spec().id() == null
                ? new Submission.KeyTaken(existing.job(), differences)
                : new Submission.IdTaken(existing.job(), differences);
    }

    private static boolean isSame(JobReader.Stored existing, ObjectNode form) {
        return existing.content() == null
                ? ContentDigest.matches(Objects.requireNonNull(existing.digest()), form)
                : SpecContent.differences(SpecContent.parse(existing.content()), form)
                        .isEmpty();
    }

    private Optional<JobView> storeReserved(NewJob job, Load load) {
        Optional<JobView> stored = Optional.empty();
        try {
            stored = newJobs.store(job);
            return stored;
        } catch (MaybeStoredException unanswered) {
            throw unanswered;
        } catch (NotConfirmedException notNow) {
            // Nothing was stored by this request; an earlier one may have stored the job.
            throw existing(job)
                    .<NotConfirmedException>map(seen -> new MaybeStoredException(seen.name(), notNow))
                    .orElse(notNow);
        } finally {
            if (stored.isPresent()) {
                backlog.stored(job.name().caller(), load);
            } else {
                backlog.notStored(job.name().caller(), load);
            }
        }
    }

    public Optional<JobView> find(JobName name) {
        return reader.view(name);
    }

    /** As a list has it: without its JobSpec, which may be long. */
    public Optional<JobView> summary(JobName name) {
        return reader.summary(name);
    }

    /** The jobs of this id: of several callers, there may be several. */
    public List<JobName> named(String id) {
        return reader.named(id);
    }

    /** Newest first; a null matches every caller, or every status. */
    public Page<JobView> list(@Nullable String caller, @Nullable JobStatus status, Page.Request page) {
        return reader.list(caller, status, page);
    }

    /**
     * Queues an ended job again. Its failed, cancelled and never-claimed cells will run, its completed ones be stopped
     * and counted.
     *
     * @param includeUnknown whether cells whose outcome is unknown run as well, under {@code on_unknown: hold}
     * @param newKeys whether the cells that run give up the keys under which they were called, which may run a call
     *     again that the provider has run already
     */
    public Retry retry(JobName name, boolean includeUnknown, boolean newKeys) {
        int queued = limited.sql(RETRY)
                .param("id", name.text())
                .param("includeUnknown", includeUnknown)
                .param("newKeys", newKeys)
                .update();
        if (queued == 1) {
            wakeUp.announce();
            return Retry.QUEUED;
        }
        return reader.byName(name)
                .map(stored -> stored.content() == null ? Retry.CONTENT_ERASED : Retry.STILL_ACTIVE)
                .orElse(Retry.NO_SUCH_JOB);
    }

    /**
     * Erases what an ended job asked and was answered, and what answers come late: prompts, answers, the JobSpec, warnings
     * and the texts of errors. Its cells and its account of duplicates stay.
     */
    public Erasure eraseContent(JobName name) {
        return erasure.erase(name);
    }

    /**
     * Cancels a job that has not ended: no cell of it is claimed any more from here on, and the calls under way are
     * interrupted within a second, wherever they run.
     */
    public Cancel cancel(JobName name) {
        Optional<Cancelled> ended = transaction.execute(
                () -> cancelActive(name), cancelled -> cancelled.ifPresent(job -> countCancelled(name, job)));
        if (ended.isPresent()) {
            return Cancel.CANCELLED;
        }
        return reader.byName(name)
                .map(stored -> stored.job().status().equals(JobStatus.CANCELLED.wireName())
                        ? Cancel.CANCELLED_BEFORE
                        : Cancel.ENDED_OTHERWISE)
                .orElse(Cancel.NO_SUCH_JOB);
    }

    private void countCancelled(JobName name, Cancelled job) {
        runningCells.count(name.text(), job.cells());
        job.counts()
                .on(log.atInfo().addKeyValue("job_id", name.text()))
                .log("Job ended {}", job.status().wireName());
        metrics.jobFinished(job.status());
    }

    private Optional<Cancelled> cancelActive(JobName name) {
        return limited.sql(CANCEL)
                .param("id", name.text())
                .query((row, n) -> new Active(
                        row.getLong("id"),
                        OnUnknown.ofWireName(row.getString("on_unknown")).orElseThrow()))
                .optional()
                .map(this::endCells);
    }

    private Cancelled endCells(Active job) {
        RunningCells.Ends cells = runningCells.end(job.jobId(), job.onUnknown(), RunningCells.Cause.CANCEL);
        boolean completed =
                limited.sql(COMPLETED_ALL_THE_SAME).param("job", job.jobId()).update() == 1;
        return new Cancelled(
                completed ? JobStatus.COMPLETED : JobStatus.CANCELLED, cells, CellCounts.of(limited, job.jobId()));
    }
}
