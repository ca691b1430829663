package io.projectbeacon.runner.ui;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.projectbeacon.runner.arrival.ArrivingRequest;
import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.intake.IdempotencyKeys;
import io.projectbeacon.runner.intake.JobIntake;
import io.projectbeacon.runner.intake.JobPlan;
import io.projectbeacon.runner.intake.JobPlanner;
import io.projectbeacon.runner.intake.JobScope;
import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.job.JobView;
import io.projectbeacon.runner.job.Jobs;
import io.projectbeacon.runner.region.Regions;
import io.projectbeacon.runner.security.Callers;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** The form of a new job: a JobSpec, what it would become, and its submission. */
@Controller
class NewJobController {

    private static final Set<Integer> FAULTS_OF_THE_SPEC = Set.of(400, 409, 410, 422);

    private final JobIntake intake;
    private final JobPlanner planner;
    private final JobScope scope;
    private final Jobs jobs;
    private final Callers callers;
    private final Regions regions;
    private final SpecExamples examples;
    private final FaultLines lines;
    private final CurlText curl;

    NewJobController(
            JobIntake intake,
            JobPlanner planner,
            JobScope scope,
            Jobs jobs,
            Callers callers,
            Regions regions,
            SpecExamples examples,
            FaultLines lines,
            CurlText curl) {
        this.intake = intake;
        this.planner = planner;
        this.scope = scope;
        this.jobs = jobs;
        this.callers = callers;
        this.regions = regions;
        this.examples = examples;
        this.lines = lines;
        this.curl = curl;
    }

    /** @param like the id of a job whose JobSpec is to fill the form */
    @GetMapping("/new")
    String form(
            @RequestParam(required = false) @Nullable String like,
            @RequestParam(required = false) @Nullable String caller,
            HttpServletRequest request,
            Model model) {
        String spec = like == null ? examples.first() : specLike(like, caller);
        model.addAttribute("like", like);
        return page(spec, newKey(), request, model);
    }

    private String specLike(String id, @Nullable String caller) {
        JobView job = jobs.find(scope.job(id, caller)).orElseThrow(() -> ProblemException.noSuchJob(id));
        if (job.spec() == null || job.contentErasedAt() != null) {
            throw new ProblemException(
                    HttpStatus.CONFLICT,
                    "The content of the job " + id + " has been erased, so no form can be like it.");
        }
        return examples.like(job.spec());
    }

    private String page(String spec, String key, HttpServletRequest request, Model model) {
        model.addAttribute("spec", spec);
        model.addAttribute("key", key);
        model.addAttribute("regions", regions.aliases());
        if (callers.current().has(Role.SUBMITTER) && !model.containsAttribute("faults")) {
            plan(spec, request, model);
        }
        model.addAttribute("curl", curl.post(request, "/api/v1/jobs", spec));
        return "ui/new";
    }

    /** What the JobSpec in the form would become; asked while it is written. */
    @PostMapping("/ui/plan")
    String plan(@RequestParam(defaultValue = "") String spec, HttpServletRequest request, Model model) {
        String text = unix(spec);
        try {
            JobPlan plan = planner.plan(
                    text.getBytes(UTF_8),
                    scope.submitter(),
                    ArrivingRequest.of(request).reading());
            model.addAttribute("plan", plan);
            model.addAttribute(
                    "summary",
                    "%d named, %d to run, %d dropped as duplicates"
                            .formatted(plan.named(), plan.cells(), plan.duplicates()));
            model.addAttribute("faults", List.of());
        } catch (ProblemException refused) {
            refused(text, refused, model);
        }
        return "ui/new :: plan";
    }

    private void refused(String spec, ProblemException refused, Model model) {
        if (!FAULTS_OF_THE_SPEC.contains(refused.getStatusCode().value())) {
            throw refused;
        }
        model.addAttribute("plan", null);
        model.addAttribute("refusal", refused.getBody().getDetail());
        model.addAttribute("faults", lines.of(spec, refused));
    }

    /**
     * @param key names the job, if the JobSpec has no id: the same form that is sent twice is one job
     * @param plan given by the button that only asks for the plan
     */
    @PostMapping("/new")
    Object submit(
            @RequestParam(defaultValue = "") String spec,
            @RequestParam String key,
            @RequestParam(required = false) @Nullable String plan,
            HttpServletRequest request,
            HttpServletResponse response,
            Model model) {
        String text = unix(spec);
        if (plan != null) {
            return page(text, key, request, model);
        }
        try {
            JobIntake.Taken taken = intake.take(
                    text.getBytes(UTF_8),
                    scope.submitter(),
                    IdempotencyKeys.checked(key),
                    ArrivingRequest.of(request).reading());
            return Local.seeOther(request.getContextPath(), page(taken));
        } catch (ProblemException refused) {
            refused(text, refused, model);
            response.setStatus(refused.getStatusCode().value());
            boolean keyIsAnothers =
                    refused.getStatusCode().isSameCodeAs(HttpStatus.UNPROCESSABLE_CONTENT) && isInOrder(text, request);
            model.addAttribute("keyIsAnothers", keyIsAnothers);
            return page(text, keyIsAnothers ? newKey() : key, request, model);
        }
    }

    /** What is refused although it is a JobSpec is refused for its key: another one was sent under it. */
    private boolean isInOrder(String spec, HttpServletRequest request) {
        try {
            planner.plan(
                    spec.getBytes(UTF_8),
                    scope.submitter(),
                    ArrivingRequest.of(request).reading());
            return true;
        } catch (ProblemException refused) {
            return false;
        }
    }

    private String page(JobIntake.Taken taken) {
        String path = scope.location(taken.name()).toString().replaceFirst("^/api/v1", "");
        return taken.replayed() ? path + (path.contains("?") ? "&" : "?") + "replayed" : path;
    }

    private static String newKey() {
        return UUID.randomUUID().toString();
    }

    /** A browser ends the lines of a form by CR and LF. */
    private static String unix(String text) {
        return text.replace("\r\n", "\n");
    }
}
