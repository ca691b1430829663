package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.intake.JobScope;
import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.job.Jobs;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** The buttons of a job's page. Each leads back to the page, which says what has come of it. */
@Controller
class JobButtons {

    private final Jobs jobs;
    private final JobScope scope;

    JobButtons(Jobs jobs, JobScope scope) {
        this.jobs = jobs;
        this.scope = scope;
    }

    @PostMapping("/jobs/{id}/cancel")
    ResponseEntity<Void> cancel(
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String caller,
            HttpServletRequest request) {
        JobName name = scope.job(id, caller);
        return switch (jobs.cancel(name)) {
            case CANCELLED -> back(request, name, Said.CANCELLED);
            case CANCELLED_BEFORE -> back(request, name, Said.CANCELLED_BEFORE);
            case ENDED_OTHERWISE -> back(request, name, Said.ENDED);
            case NO_SUCH_JOB -> throw ProblemException.noSuchJob(id);
        };
    }

    @PostMapping("/jobs/{id}/retry")
    ResponseEntity<Void> retry(
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String caller,
            @RequestParam(name = "include_unknown", defaultValue = "false") boolean includeUnknown,
            HttpServletRequest request) {
        JobName name = scope.job(id, caller);
        return switch (jobs.retry(name, includeUnknown, false)) {
            case QUEUED -> back(request, name, Said.RETRIED);
            case STILL_ACTIVE -> back(request, name, Said.ACTIVE);
            case CONTENT_ERASED -> back(request, name, Said.ERASED);
            case NO_SUCH_JOB -> throw ProblemException.noSuchJob(id);
        };
    }

    private ResponseEntity<Void> back(HttpServletRequest request, JobName name, Said said) {
        String caller = JobsPage.seesAll(scope.submitter()) ? name.caller() : null;
        return Local.seeOther(request.getContextPath(), new JobLinks(name.id(), caller, null).saying(said.word()));
    }
}
