package io.projectbeacon.runner.api;

import io.projectbeacon.runner.domain.Nonce;
import io.projectbeacon.runner.job.JobView;
import io.projectbeacon.runner.job.Jobs;
import io.projectbeacon.runner.job.MaybeStoredException;
import io.projectbeacon.runner.job.NewJob;
import io.projectbeacon.runner.job.Submission;
import io.projectbeacon.runner.jobspec.Fault;
import io.projectbeacon.runner.jobspec.JobSpecReader;
import io.projectbeacon.runner.jobspec.NormalizedSpec;
import io.projectbeacon.runner.jobspec.Opened;
import io.projectbeacon.runner.jobspec.Reading;
import io.projectbeacon.runner.security.Callers;
import io.projectbeacon.runner.signing.Signatures;
import java.time.Duration;
import java.util.List;
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
    private final Signatures signatures;
    private final Callers callers;
    private final Jobs jobs;

    JobIntake(JobSpecReader reader, Signatures signatures, Callers callers, Jobs jobs) {
        this.reader = reader;
        this.signatures = signatures;
        this.callers = callers;
        this.jobs = jobs;
    }

    /**
     * @param idempotencyKey names the job when the JobSpec has no id; ignored when it has one
     * @throws ProblemException when the JobSpec is refused, for any reason; nothing was stored or counted then
     */
    Taken take(byte[] body, @Nullable String idempotencyKey) {
        return store(read(body, idempotencyKey));
    }

    /** The first half of {@link #take}: nothing is stored yet. A signature is verified before anything of it is read. */
    NewJob read(byte[] body, @Nullable String idempotencyKey) {
        return switch (reader.open(body)) {
            case Opened.Refused refused -> prepared(refused.reading(), idempotencyKey);
            case Opened.Document document -> signed(document, idempotencyKey);
        };
    }

    private NewJob signed(Opened.Document document, @Nullable String idempotencyKey) {
        Nonce nonce = SignatureProblems.nonceOf(signatures.verify(
                document.spec(), document.wrapper(), document.hasRegionsOfWrapper(), callers.current()));
        NewJob job = prepared(reader.read(document), idempotencyKey);
        return nonce == null ? job : job.signed(nonce);
    }

    private NewJob prepared(Reading reading, @Nullable String idempotencyKey) {
        return switch (reading) {
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
    Taken store(NewJob job) {
        try {
            return Patience.of(LONGEST, () -> submit(job));
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
            case Submission.NonceUsed() -> throw SignatureProblems.nonceUsed();
            case Submission.SignatureNotCurrent() -> throw SignatureProblems.notCurrent(job);
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
