package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.arrival.MemoryShare;
import io.projectbeacon.runner.arrival.NoRoomException;
import io.projectbeacon.runner.job.JobView;
import io.projectbeacon.runner.job.Jobs;
import io.projectbeacon.runner.job.MaybeStoredException;
import io.projectbeacon.runner.job.NewJob;
import io.projectbeacon.runner.job.Submission;
import io.projectbeacon.runner.jobspec.Fault;
import io.projectbeacon.runner.jobspec.JobSpecReader;
import io.projectbeacon.runner.jobspec.NormalizedSpec;
import io.projectbeacon.runner.jobspec.Reading;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** Takes a JobSpec in: has it read and submitted, and turns every refusal into its problem document. */
@Component
class JobIntake {

    private static final Logger log = LoggerFactory.getLogger(JobIntake.class);

    /** A client is promised an answer within 5 s. */
    private static final Duration LONGEST = Duration.ofSeconds(4);

    private static final String SECONDS_UNTIL_CAPACITY = "10";

    /** A job that was accepted, by this request or by an earlier one. */
    record Taken(JobView job, boolean replayed) {}

    private final JobSpecReader reader;
    private final Jobs jobs;
    private final MemoryShare readings;
    private final Semaphore largeReading =
            new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2), true);

    JobIntake(JobSpecReader reader, Jobs jobs, MemoryBudget budget) {
        this.reader = reader;
        this.jobs = jobs;
        this.readings = budget.reading();
    }

    /**
     * @param idempotencyKey names the job when the JobSpec has no id; ignored when it has one
     * @param memory for what the document becomes
     * @throws ProblemException when the JobSpec is refused, for any reason; nothing was stored or counted then
     * @throws NoRoomException when other requests take the memory that it needs; nothing was stored then, either
     */
    Taken take(byte[] body, @Nullable String idempotencyKey, MemoryShare.Reservation memory) {
        return store(read(body, idempotencyKey, body.length <= MemoryBudget.SMALL_BODY, memory), memory);
    }

    /** For one JobSpec that is read. */
    MemoryShare.Reservation open() {
        return readings.open();
    }

    /**
     * The first half of {@link #take}: nothing is stored yet.
     *
     * @param small whether the memory that is kept for small bodies may be used
     * @param memory grows by what the document becomes; the caller closes it when what was answered has been written
     */
    NewJob read(byte[] body, @Nullable String idempotencyKey, boolean small, MemoryShare.Reservation memory) {
        memory.grow(reader.memory(body), small, NoRoom.PATIENCE);
        if (small || body.length <= MemoryBudget.SMALL_BODY) {
            return parse(body, idempotencyKey);
        }
        // A thread that reads a large body gives way to no other, so several would leave small ones no processor.
        largeReading.acquireUninterruptibly();
        try {
            return parse(body, idempotencyKey);
        } finally {
            largeReading.release();
        }
    }

    private NewJob parse(byte[] body, @Nullable String idempotencyKey) {
        return switch (reader.read(body)) {
            case Reading.Accepted accepted -> jobs.prepare(accepted.spec(), idempotencyKey);
            case Reading.Malformed malformed -> throw new ProblemException(HttpStatus.BAD_REQUEST, malformed.detail());
            case Reading.Invalid invalid -> takenBefore(invalid, idempotencyKey);
        };
    }

    /** A job that an earlier version took is still its job, although its JobSpec would be refused today. */
    private NewJob takenBefore(Reading.Invalid invalid, @Nullable String idempotencyKey) {
        NormalizedSpec before = invalid.asBefore();
        NewJob job = before == null ? null : jobs.prepare(before, idempotencyKey);
        if (job != null && jobs.holds(job)) {
            return job;
        }
        throw new ProblemException(
                HttpStatus.UNPROCESSABLE_CONTENT,
                "The JobSpec breaks " + count(invalid.faults().size()) + ".",
                invalid.faults());
    }

    /** The second half of {@link #take}; answers within 5 s, whatever the database does. */
    Taken store(NewJob job, MemoryShare.Reservation memory) {
        memory.retain();
        try {
            Taken taken = Patience.of(LONGEST, () -> {
                try {
                    return submit(job);
                } finally {
                    memory.close(); // Not before: the work goes on when the client has its answer.
                }
            });
            memory.release(); // The answer has the text that came, and nothing of what it became.
            return taken;
        } catch (MaybeStoredException unknown) {
            throw maybeStored(unknown.jobspecId());
        } catch (TimeoutException silent) {
            // With a key, the stored job may have the id of an earlier request: the key alone is safe to repeat.
            throw maybeStored(job.idempotencyKey() == null ? job.jobspecId() : null);
        }
    }

    private Taken submit(NewJob job) {
        return switch (jobs.submit(job)) {
            case Submission.Accepted accepted -> {
                logAccepted(job.jobspecId(), job.spec());
                yield new Taken(accepted.job(), false);
            }
            case Submission.Replayed replayed -> new Taken(replayed.job(), true);
            case Submission.IdTaken other ->
                throw new ProblemException(
                        HttpStatus.CONFLICT,
                        "The job " + other.job().id() + " exists and " + differsIn(other.differences())
                                + ". Give another job another id.",
                        faults(other.differences()));
            case Submission.KeyTaken other ->
                throw new ProblemException(
                        HttpStatus.UNPROCESSABLE_CONTENT,
                        "This Idempotency-Key was used for the job "
                                + other.job().id() + ", which " + differsIn(other.differences())
                                + ". Use another key for another job.",
                        faults(other.differences()));
            case Submission.Deleted() -> throw deleted(job);
            case Submission.Unreadable other ->
                throw new ProblemException(
                        job.spec().id() == null ? HttpStatus.UNPROCESSABLE_CONTENT : HttpStatus.CONFLICT,
                        "The job " + other.job().id()
                                + " has this name, and what it was stored with cannot be read, so it"
                                + " cannot be told whether it is this one. Give another job another name.");
            case Submission.QueueFull full -> throw queueFull(full.bound(), job.cells());
        };
    }

    /** @param differences empty when nobody can say: the stored content has been erased */
    private static String differsIn(List<String> differences) {
        return differences.isEmpty()
                ? "is another one, whose content has been erased"
                : "differs in: " + String.join(", ", differences);
    }

    private static ProblemException deleted(NewJob job) {
        String name = job.idempotencyKey() == null ? "id " + job.jobspecId() : "Idempotency-Key";
        return new ProblemException(
                HttpStatus.GONE,
                "A job with this " + name
                        + " has been deleted because it finished long ago. Nothing was stored, and what"
                        + " was paid for is not paid for again; a new job needs a new name.");
    }

    private static ProblemException maybeStored(@Nullable String id) {
        log.atWarn()
                .addKeyValue("job_id", id)
                .log("Answering 503: the database has not said whether the job is stored");
        ProblemException problem = new ProblemException(
                HttpStatus.SERVICE_UNAVAILABLE,
                "The database has not said whether the job is stored. Send the same request again, with the same id or"
                        + " Idempotency-Key: it is stored once.");
        problem.getBody().setProperty("stored", "unknown");
        problem.getBody().setProperty("id", id);
        problem.getHeaders().set(HttpHeaders.RETRY_AFTER, String.valueOf(Problems.SECONDS_UNTIL_DATABASE));
        return problem;
    }

    private static ProblemException queueFull(long bound, int cells) {
        ProblemException problem = new ProblemException(
                HttpStatus.TOO_MANY_REQUESTS,
                "The queue may hold " + bound + " cells (beacon.jobs.max-queued-cells), and has no room for the "
                        + cells + " of this job now. Nothing was stored; send it again later.");
        problem.getHeaders().set(HttpHeaders.RETRY_AFTER, SECONDS_UNTIL_CAPACITY);
        return problem;
    }

    private static List<Fault> faults(List<String> differences) {
        return differences.stream()
                .map(field ->
                        new Fault("/" + field.replace('.', '/'), "differs from the job that is stored under this name"))
                .toList();
    }

    /** Logs a new job. A replayed job is not logged, so its lines appear once however often it is posted. */
    private static void logAccepted(String jobspecId, NormalizedSpec spec) {
        for (String model : spec.droppedModels()) {
            log.atWarn()
                    .addKeyValue("job_id", jobspecId)
                    .addKeyValue("model_id", model)
                    .log("🛑 DEDUP: Skipping duplicate model ID");
        }
        for (String region : spec.droppedRegions()) {
            log.atWarn()
                    .addKeyValue("job_id", jobspecId)
                    .addKeyValue("region", region)
                    .log("🛑 DEDUP: Skipping duplicate region");
        }
        log.atInfo()
                .addKeyValue("job_id", jobspecId)
                .addKeyValue("normalized_models", spec.namedModels())
                .addKeyValue("unique_models", spec.models().size())
                .addKeyValue("cells", spec.cells().size())
                .log("Job accepted");
    }

    private static String count(int faults) {
        return faults == 1 ? "a rule" : faults + " rules";
    }
}
