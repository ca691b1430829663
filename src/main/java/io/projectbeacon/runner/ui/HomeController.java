package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.intake.JobScope;
import io.projectbeacon.runner.job.Jobs;
import io.projectbeacon.runner.security.Callers;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;

/** Leads to what there is to see: the jobs, or the form for a first one. */
@Controller
class HomeController {

    private final Jobs jobs;
    private final JobScope scope;
    private final Callers callers;

    HomeController(Jobs jobs, JobScope scope, Callers callers) {
        this.jobs = jobs;
        this.scope = scope;
        this.callers = callers;
    }

    @GetMapping("/")
    ResponseEntity<Void> home(HttpServletRequest request) {
        boolean first = callers.current().has(Role.SUBMITTER)
                && jobs.list(scope.listed(null), null, new Page.Request(null, 1, false))
                        .items()
                        .isEmpty();
        return ResponseEntity.status(HttpStatus.FOUND)
                .location(URI.create(request.getContextPath() + (first ? "/new" : "/jobs")))
                .build();
    }
}
