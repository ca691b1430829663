package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.ArrivingRequest;
import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.intake.IdempotencyKeys;
import io.projectbeacon.runner.intake.JobIntake;
import io.projectbeacon.runner.intake.JobScope;
import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.intake.QueryParameters;
import io.projectbeacon.runner.intake.RequestBodies;
import io.projectbeacon.runner.job.JobView;
import io.projectbeacon.runner.job.JobWaitReader;
import io.projectbeacon.runner.job.Jobs;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Jobs over HTTP: submit, look at, retry, cancel, erase. */
@RestController
@RequestMapping("/api/v1/jobs")
class JobController {

    private final JobIntake intake;
    private final Jobs jobs;
    private final RequestBodies bodies;
    private final RetryRequests retryRequests;
    private final JobScope scope;
    private final JobWaits waits;
    private final JobWaitReader waitReader;

    JobController(
            JobIntake intake,
            Jobs jobs,
            RequestBodies bodies,
            RetryRequests retryRequests,
            JobScope scope,
            JobWaits waits,
            JobWaitReader waitReader) {
        this.intake = intake;
        this.jobs = jobs;
        this.scope = scope;
        this.bodies = bodies;
        this.retryRequests = retryRequests;
        this.waits = waits;
        this.waitReader = waitReader;
    }

    @PostMapping(consumes = {MediaType.APPLICATION_JSON_VALUE, "application/*+json"})
    ResponseEntity<JobView> submit(
            HttpServletRequest request,
            @RequestHeader(name = "Idempotency-Key", required = false) @Nullable String idempotencyKey)
            throws IOException {
        JobIntake.Taken taken = intake.take(
                bodies.read(request),
                scope.submitter(),
                IdempotencyKeys.checked(idempotencyKey),
                ArrivingRequest.of(request).reading());
        // The type is set here, so that an Accept header that cannot be met does not fail a job that has been stored.
        ResponseEntity.BodyBuilder response = ResponseEntity.status(
                        taken.replayed() ? HttpStatus.OK : HttpStatus.ACCEPTED)
                .location(scope.location(taken.name()))
                .contentType(MediaType.APPLICATION_JSON);
        if (taken.replayed()) {
            response.header("Idempotent-Replayed", "true");
        }
        return response.body(taken.job());
    }

    @GetMapping
    Map<String, @Nullable Object> list(
            @RequestParam(required = false) @Nullable String status,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit,
            @RequestParam(defaultValue = "false") boolean total,
            @RequestParam(required = false) @Nullable String caller) {
        JobStatus wanted = QueryParameters.word("status", status, JobStatus.class);
        return QueryParameters.body(
                "jobs", jobs.list(scope.listed(caller), wanted, QueryParameters.request(cursor, limit, total)));
    }

    @GetMapping("/{id}")
    JobView get(
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String caller,
            @RequestParam(required = false) @Nullable String wait,
            HttpServletRequest request) {
        JobName name = scope.job(id, caller);
        waits.await(name, wait, request);
        return get(name, request);
    }

    private JobView get(JobName name, HttpServletRequest request) {
        JobView job = jobs.find(name).orElseThrow(() -> ProblemException.noSuchJob(name.id()));
        return HeldAnswers.held(request, waitReader.add(job));
    }

    @PostMapping("/{id}/retry")
    ResponseEntity<JobView> retry(
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String caller,
            HttpServletRequest request)
            throws IOException {
        RetryRequests.Wanted wanted = retryRequests.read(request);
        JobName name = scope.job(id, caller);
        return switch (jobs.retry(name, wanted.includeUnknown(), wanted.newKeys())) {
            case QUEUED ->
                ResponseEntity.accepted()
                        .location(scope.location(name))
                        .contentType(MediaType.APPLICATION_JSON)
                        .body(get(name, request));
            case STILL_ACTIVE ->
                throw new ProblemException(
                        HttpStatus.CONFLICT, "The job " + id + " has not ended yet; a retry is possible once it has.");
            case CONTENT_ERASED ->
                throw new ProblemException(
                        HttpStatus.CONFLICT,
                        "The content of the job " + id + " has been erased; nobody knows what its cells would ask.");
            case NO_SUCH_JOB -> throw ProblemException.noSuchJob(id);
        };
    }

    @DeleteMapping("/{id}/content")
    ResponseEntity<Void> eraseContent(
            @PathVariable String id, @RequestParam(required = false) @Nullable String caller) {
        return switch (jobs.eraseContent(scope.job(id, caller))) {
            case ERASED -> ResponseEntity.noContent().build();
            case STILL_ACTIVE ->
                throw new ProblemException(
                        HttpStatus.CONFLICT, "The job " + id + " has not ended yet; cancel it, or wait for its end.");
            case NO_SUCH_JOB -> throw ProblemException.noSuchJob(id);
        };
    }

    @PostMapping("/{id}/cancel")
    ResponseEntity<JobView> cancel(
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String caller,
            HttpServletRequest request) {
        JobName name = scope.job(id, caller);
        HttpStatus status = switch (jobs.cancel(name)) {
            case CANCELLED -> HttpStatus.ACCEPTED;
            case CANCELLED_BEFORE -> HttpStatus.OK;
            case ENDED_OTHERWISE ->
                throw new ProblemException(
                        HttpStatus.CONFLICT, "The job " + id + " has ended already; there is nothing to cancel.");
            case NO_SUCH_JOB -> throw ProblemException.noSuchJob(id);
        };
        return ResponseEntity.status(status)
                .location(scope.location(name))
                .contentType(MediaType.APPLICATION_JSON)
                .body(get(name, request));
    }
}
