package io.projectbeacon.runner.intake;

import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.arrival.MemoryShare;
import io.projectbeacon.runner.arrival.NoRoomException;
import io.projectbeacon.runner.domain.Caller;
import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.domain.Nonce;
import io.projectbeacon.runner.job.JobKey;
import io.projectbeacon.runner.job.JobView;
import io.projectbeacon.runner.job.Jobs;
import io.projectbeacon.runner.job.MaybeStoredException;
import io.projectbeacon.runner.job.NewJob;
import io.projectbeacon.runner.job.QueueBound;
import io.projectbeacon.runner.job.Submission;
import io.projectbeacon.runner.jobspec.Fault;
import io.projectbeacon.runner.jobspec.NormalizedSpec;
import io.projectbeacon.runner.jobspec.Reading;
import io.projectbeacon.runner.logs.FirstLines;
import io.projectbeacon.runner.logs.SparingLog;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** Takes a JobSpec in: has it read and submitted, and turns every refusal into its problem document. */
@Component
public class JobIntake {

    private static final Logger log = LoggerFactory.getLogger(JobIntake.class);

    /** A client is promised an answer within 5 s. */
    private static final Duration LONGEST = Duration.ofSeconds(4);

    private static final String SECONDS_UNTIL_CAPACITY = "10";

    /** A job that was accepted, by this request or by an earlier one. */
    public record Taken(JobView job, JobName name, boolean replayed) {}

    private final JobSpecBodies documents;
    private final Jobs jobs;
    private final SparingLog unconfirmed = new SparingLog();

    JobIntake(JobSpecBodies documents, Jobs jobs) {
        this.documents = documents;
        this.jobs = jobs;
    }

    /**
     * @param caller whose job it is to be
     * @param idempotencyKey names the job when the JobSpec has no id; ignored when it has one
     * @param memory for what the document becomes
     * @throws ProblemException when the JobSpec is refused, for any reason; nothing was stored or counted then
     * @throws NoRoomException when other requests take the memory that it needs; nothing was stored then, either
     */
    public Taken take(byte[] body, Caller caller, @Nullable String idempotencyKey, MemoryShare.Reservation memory) {
        JobKey key = idempotencyKey == null ? null : new JobKey(caller.name(), idempotencyKey, null);
        return store(read(body, caller, key, body.length <= MemoryBudget.SMALL_BODY, memory), memory);
    }

    /** For one JobSpec that is read. */
    public MemoryShare.Reservation open() {
        return documents.open();
    }

    /**
     * The first half of {@link #take}: nothing is stored yet.
     *
     * @param small whether the memory that is kept for small bodies may be used
     * @param memory grows by what the document becomes; the caller closes it when what was answered has been written
     */
    public NewJob read(
            byte[] body, Caller caller, @Nullable JobKey key, boolean small, MemoryShare.Reservation memory) {
        return documents.read(body, caller, small, memory, document -> prepared(document, caller, key));
    }

    private NewJob prepared(JobSpecBodies.Read document, Caller caller, @Nullable JobKey key) {
        NewJob job = switch (document.reading()) {
            case Reading.Accepted accepted -> jobs.prepare(accepted.spec(), caller.name(), key);
            case Reading.Malformed malformed -> throw JobSpecBodies.refused(malformed);
            case Reading.Invalid invalid -> takenBefore(invalid, caller, key);
        };
        Nonce nonce = document.nonce();
        return nonce == null ? job : job.signed(nonce);
    }

    /** A job that an earlier version took is still its job, although its JobSpec would be refused today. */
    private NewJob takenBefore(Reading.Invalid invalid, Caller caller, @Nullable JobKey key) {
        NormalizedSpec before = invalid.asBefore();
        NewJob job = before == null ? null : jobs.prepare(before, caller.name(), key);
        if (job != null && jobs.holds(job)) {
            return job;
        }
        throw JobSpecBodies.refused(invalid);
    }

    /** The second half of {@link #take}; answers within 5 s, whatever the database does. */
    public Taken store(NewJob job, MemoryShare.Reservation memory) {
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
            throw maybeStored(unknown.name());
        } catch (TimeoutException silent) {
            // With a key, the stored job may have the id of an earlier request: the key alone is safe to repeat.
            throw maybeStored(job.key() == null ? job.name() : null);
        }
    }

    private Taken submit(NewJob job) {
        return switch (jobs.submit(job)) {
            case Submission.Accepted accepted -> {
                logAccepted(job.name().text(), job.spec());
                yield new Taken(accepted.job(), job.name(), false);
            }
            case Submission.Replayed replayed -> {
                JobName name = new JobName(job.name().caller(), replayed.job().id());
                yield new Taken(replayed.job(), name, true);
            }
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
            case Submission.NonceUsed() -> throw SignatureProblems.nonceUsed();
            case Submission.SignatureNotCurrent() ->
                throw SignatureProblems.notCurrent(Objects.requireNonNull(job.nonce()));
            case Submission.Unreadable other ->
                throw new ProblemException(
                        job.spec().id() == null ? HttpStatus.UNPROCESSABLE_CONTENT : HttpStatus.CONFLICT,
                        "The job " + other.job().id()
                                + " has this name, and what it was stored with cannot be read, so it"
                                + " cannot be told whether it is this one. Give another job another name.");
            case Submission.QueueFull full -> throw queueFull(full.why());
        };
    }

    /** @param differences empty when it cannot be said: the stored content has been erased */
    private static String differsIn(List<String> differences) {
        return differences.isEmpty()
                ? "is another one, whose content has been erased"
                : "differs in: " + String.join(", ", differences);
    }

    private static ProblemException deleted(NewJob job) {
        String name = job.key() == null ? "id " + job.name().id() : "Idempotency-Key";
        return new ProblemException(
                HttpStatus.GONE,
                "A job with this " + name
                        + " has been deleted because it finished long ago. Nothing was stored, and what"
                        + " was paid for is not paid for again; a new job needs a new name.");
    }

    private ProblemException maybeStored(@Nullable JobName name) {
        unconfirmed.line(before -> log.atWarn()
                .addKeyValue("job_id", name == null ? null : name.text())
                .addKeyValue("also_before", before)
                .log("Answering 503: the database has not said whether the job is stored"));
        ProblemException problem = new ProblemException(
                HttpStatus.SERVICE_UNAVAILABLE,
                "The database has not said whether the job is stored. Send the same request again, with the same id or"
                        + " Idempotency-Key: it is stored once.");
        problem.getBody().setProperty("stored", "unknown");
        problem.getBody().setProperty("id", name == null ? null : name.id());
        problem.getHeaders().set(HttpHeaders.RETRY_AFTER, String.valueOf(ProblemException.SECONDS_UNTIL_DATABASE));
        return problem;
    }

    private static ProblemException queueFull(QueueBound full) {
        ProblemException problem = new ProblemException(
                HttpStatus.TOO_MANY_REQUESTS,
                "The queue may hold %d %s (%s), and has no room for the %d of this job now. Nothing was stored; send it again later."
                        .formatted(full.bound(), full.unit(), full.property(), full.asked()));
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
    private static void logAccepted(String jobName, NormalizedSpec spec) {
        logDropped(jobName, "model_id", spec.droppedModels(), "🛑 DEDUP: Skipping duplicate model ID");
        logDropped(jobName, "region", spec.droppedRegions(), "🛑 DEDUP: Skipping duplicate region");
        log.atInfo()
                .addKeyValue("job_id", jobName)
                .addKeyValue("normalized_models", spec.namedModels())
                .addKeyValue("unique_models", spec.models().size())
                .addKeyValue("cells", spec.cells().size())
                .log("Job accepted");
    }

    /** One line for each name that was dropped, and one for all those past the first ten: a body can repeat a name 250,000 times. */
    private static void logDropped(String jobspecId, String key, List<String> dropped, String line) {
        FirstLines lines = new FirstLines();
        for (String name : dropped) {
            if (lines.oneMore()) {
                log.atWarn()
                        .addKeyValue("job_id", jobspecId)
                        .addKeyValue(key, name)
                        .log(line);
            }
        }
        lines.rest(further -> log.atWarn()
                .addKeyValue("job_id", jobspecId)
                .addKeyValue("further", further)
                .log("{}, further ones", line));
    }
}
