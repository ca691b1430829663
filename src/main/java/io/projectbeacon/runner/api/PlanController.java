package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.ArrivingRequest;
import io.projectbeacon.runner.intake.JobPlan;
import io.projectbeacon.runner.intake.JobPlanner;
import io.projectbeacon.runner.intake.JobScope;
import io.projectbeacon.runner.intake.RequestBodies;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Says over HTTP what a JobSpec would become. */
@RestController
class PlanController {

    private final JobPlanner planner;
    private final RequestBodies bodies;
    private final JobScope scope;

    PlanController(JobPlanner planner, RequestBodies bodies, JobScope scope) {
        this.planner = planner;
        this.bodies = bodies;
        this.scope = scope;
    }

    @PostMapping(
            path = "/api/v1/jobs:plan",
            consumes = {MediaType.APPLICATION_JSON_VALUE, "application/*+json"})
    ResponseEntity<JobPlan> plan(HttpServletRequest request) throws IOException {
        JobPlan plan = planner.plan(
                bodies.read(request),
                scope.submitter(),
                ArrivingRequest.of(request).reading());
        return ResponseEntity.ok().contentType(MediaType.APPLICATION_JSON).body(plan);
    }
}
