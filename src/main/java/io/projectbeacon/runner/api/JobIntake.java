package io.projectbeacon.runner.api;

import io.projectbeacon.runner.execution.DuplicateLedger.InputDuplicate;
import io.projectbeacon.runner.job.JobView;
import io.projectbeacon.runner.job.Jobs;
import io.projectbeacon.runner.job.NewJob;
import io.projectbeacon.runner.job.Submission;
import io.projectbeacon.runner.jobspec.Fault;
import io.projectbeacon.runner.jobspec.JobSpecReader;
import io.projectbeacon.runner.jobspec.NormalizedSpec;
import io.projectbeacon.runner.jobspec.OnUnknown;
import io.projectbeacon.runner.jobspec.Reading;
import io.projectbeacon.runner.jobspec.SpecContent;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Takes a JobSpec in: reads it, stores it once, and says whether it was new. */
@Component
class JobIntake {

    private static final Logger log = LoggerFactory.getLogger(JobIntake.class);

    private static final String SECONDS_UNTIL_ROOM = "10";

    /** What came of a JobSpec that is valid. */
    record Taken(JobView job, boolean replayed) {}

    /** A JobSpec that is valid, and the job that it makes if none is there yet. */
    record Read(NormalizedSpec spec, NewJob job) {}

    private final JobSpecReader reader;
    private final Jobs jobs;
    private final JobId ids;
    private final Duration defaultTimeout;
    private final JsonMapper json;

    JobIntake(JobSpecReader reader, Jobs jobs, JobId ids, JobsProperties properties, JsonMapper json) {
        this.reader = reader;
        this.jobs = jobs;
        this.ids = ids;
        this.defaultTimeout = properties.defaultTimeout();
        this.json = json;
    }

    /**
     * @param idempotencyKey names a job that the client gives no id; it is not looked at when the JobSpec has one
     * @throws ProblemException for every reason to refuse; nothing was stored or counted then
     */
    Taken take(byte[] body, @Nullable String idempotencyKey) {
        return store(read(body, idempotencyKey));
    }

    /** The first half of {@link #take}: nothing is stored yet. */
    Read read(byte[] body, @Nullable String idempotencyKey) {
        NormalizedSpec spec = switch (reader.read(body)) {
            case Reading.Accepted accepted -> accepted.spec();
            case Reading.Malformed malformed -> throw new ProblemException(HttpStatus.BAD_REQUEST, malformed.detail());
            case Reading.Invalid invalid ->
                throw new ProblemException(
                        HttpStatus.UNPROCESSABLE_CONTENT,
                        "The JobSpec breaks " + count(invalid.faults().size()) + ".",
                        invalid.faults());
        };
        return new Read(spec, newJob(spec, spec.id() == null ? idempotencyKey : null));
    }

    /** The second half of {@link #take}. */
    Taken store(Read read) {
        NormalizedSpec spec = read.spec();
        NewJob job = read.job();
        return switch (jobs.submit(job)) {
            case Submission.Accepted accepted -> {
                logAccepted(job.jobspecId(), spec);
                yield new Taken(accepted.job(), false);
            }
            case Submission.Existing existing -> replay(spec, existing);
            case Submission.QueueFull full -> throw queueFull(full.bound(), job.cells());
        };
    }

    private static ProblemException queueFull(long bound, int cells) {
        ProblemException problem = new ProblemException(
                HttpStatus.TOO_MANY_REQUESTS,
                "The queue may hold " + bound + " cells (beacon.jobs.max-queued-cells), and has no room for the "
                        + cells + " of this job now. Nothing was stored; send it again later.");
        problem.getHeaders().set(HttpHeaders.RETRY_AFTER, SECONDS_UNTIL_ROOM);
        return problem;
    }

    private static Taken replay(NormalizedSpec spec, Submission.Existing existing) {
        List<String> differences = SpecContent.differences(SpecContent.parse(existing.content()), spec.content());
        if (differences.isEmpty()) {
            return new Taken(existing.job(), true);
        }
        String fields = String.join(", ", differences);
        if (spec.id() == null) {
            throw new ProblemException(
                    HttpStatus.UNPROCESSABLE_CONTENT,
                    "This Idempotency-Key was used for the job "
                            + existing.job().id() + ", which differs in: " + fields
                            + ". Use another key for another job.",
                    differences(differences));
        }
        throw new ProblemException(
                HttpStatus.CONFLICT,
                "The job " + spec.id() + " exists and differs in: " + fields + ". Give another job another id.",
                differences(differences));
    }

    private static List<Fault> differences(List<String> fields) {
        return fields.stream()
                .map(field ->
                        new Fault("/" + field.replace('.', '/'), "differs from the job that is stored under this name"))
                .toList();
    }

    private NewJob newJob(NormalizedSpec spec, @Nullable String idempotencyKey) {
        return new NewJob(
                spec.id() == null ? ids.next() : spec.id(),
                idempotencyKey,
                text(spec.received()),
                text(spec.content()),
                spec.models(),
                spec.regions(),
                spec.cells().size(),
                spec.priority(),
                spec.onUnknown() == OnUnknown.HOLD,
                spec.timeout() == null ? defaultTimeout : spec.timeout(),
                spec.minSuccessRate(),
                spec.warnings(),
                spec.duplicates().stream()
                        .map(dropped -> new InputDuplicate(
                                dropped.cell().region(), dropped.cell().modelId(), dropped.occurrences()))
                        .toList());
    }

    /** Only a job that is new is logged, so that its lines come once however often it is posted. */
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

    private String text(ObjectNode document) {
        return json.writeValueAsString(document);
    }

    private static String count(int faults) {
        return faults == 1 ? "a rule" : faults + " rules";
    }
}
