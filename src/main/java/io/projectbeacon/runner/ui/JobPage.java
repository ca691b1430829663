package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.execution.MatrixReader;
import io.projectbeacon.runner.intake.JobScope;
import io.projectbeacon.runner.intake.ListFilters;
import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.intake.QueryParameters;
import io.projectbeacon.runner.job.JobCells;
import io.projectbeacon.runner.job.JobView;
import io.projectbeacon.runner.job.JobWaitReader;
import io.projectbeacon.runner.job.Jobs;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The page of one job: its head, its matrix or a list of its cells, one cell beside it, and what was stopped. */
@Controller
class JobPage {

    private static final int LISTED = 100;
    private static final int DUPLICATES = 10;

    private final Jobs jobs;
    private final JobWaitReader waits;
    private final JobCells jobCells;
    private final MatrixReader cells;
    private final CellLists lists;
    private final CellDetails details;
    private final JobScope scope;
    private final ListFilters filters;
    private final CurlText curl;
    private final JsonMapper json;

    JobPage(
            Jobs jobs,
            JobWaitReader waits,
            JobCells jobCells,
            MatrixReader cells,
            CellLists lists,
            CellDetails details,
            JobScope scope,
            ListFilters filters,
            CurlText curl,
            JsonMapper json) {
        this.jobs = jobs;
        this.waits = waits;
        this.jobCells = jobCells;
        this.cells = cells;
        this.lists = lists;
        this.details = details;
        this.scope = scope;
        this.filters = filters;
        this.curl = curl;
        this.json = json;
    }

    @GetMapping("/jobs/{id}")
    String page(
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String caller,
            @RequestParam(required = false) @Nullable String show,
            @RequestParam(required = false) @Nullable String region,
            @RequestParam(name = "model_id", required = false) @Nullable String modelId,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable String said,
            @RequestParam(required = false) @Nullable String replayed,
            HttpServletRequest request,
            HttpServletResponse response,
            Model model) {
        JobView job = job(id, caller);
        String ofRegion = filters.region(region);
        String ofModel = filters.modelId(modelId);
        CellChoice choice = choice(show, ofRegion, ofModel);
        JobLinks links = links(job).showing(choice == null ? null : choice.word());
        addOverview(model, job, links);
        model.addAttribute("warnings", warnings(job));
        model.addAttribute("said", Said.text(replayed == null ? said : Said.REPLAYED.word()));
        model.addAttribute("duplicates", lists.newestDuplicates(job, DUPLICATES, links));
        if (ofRegion != null && ofModel != null) {
            CellDetail cell = details.of(job, ofRegion, ofModel, request);
            if (cell.status() == null) {
                response.setStatus(HttpServletResponse.SC_NOT_FOUND);
            }
            model.addAttribute("cell", cell);
            model.addAttribute("curl", curl(request, links, ofRegion, ofModel, null));
        } else {
            model.addAttribute("curl", curl(request, links, ofRegion, ofModel, choice));
        }
        if (choice != null) {
            boolean isCell = ofRegion != null && ofModel != null;
            CellLists.Wanted wanted = new CellLists.Wanted(
                    choice,
                    isCell ? null : ofRegion,
                    isCell ? null : ofModel,
                    QueryParameters.request(cursor, LISTED, false));
            model.addAttribute("cells", lists.of(job, wanted, links));
        }
        return "ui/job";
    }

    /** The head and the matrix as they are now. */
    @GetMapping("/ui/jobs/{id}/matrix")
    String matrix(
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String caller,
            @RequestParam(required = false) @Nullable String show,
            Model model) {
        JobView job = job(id, caller);
        CellChoice choice = CellChoice.of(show);
        addOverview(model, job, links(job).showing(choice == null ? null : choice.word()));
        return "ui/job :: live";
    }

    /** One cell as it is now. */
    @GetMapping("/ui/jobs/{id}/cell")
    String cell(
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String caller,
            @RequestParam(required = false) @Nullable String show,
            @RequestParam String region,
            @RequestParam(name = "model_id") String modelId,
            HttpServletRequest request,
            Model model) {
        JobView job = job(id, caller);
        model.addAttribute("job", JobHead.of(job, links(job).caller()));
        model.addAttribute("links", links(job).showing(show));
        model.addAttribute(
                "cell",
                details.of(
                        job,
                        Objects.requireNonNull(filters.region(region)),
                        Objects.requireNonNull(filters.modelId(modelId)),
                        request));
        return "ui/job :: cell";
    }

    /** What was stopped of the job, as far as it is known now. */
    @GetMapping("/ui/jobs/{id}/duplicates")
    String duplicates(@PathVariable String id, @RequestParam(required = false) @Nullable String caller, Model model) {
        JobView job = job(id, caller);
        model.addAttribute("links", links(job));
        model.addAttribute("duplicates", lists.newestDuplicates(job, DUPLICATES, links(job)));
        return "ui/job :: duplicates";
    }

    private JobView job(String id, @Nullable String caller) {
        JobName name = scope.job(id, caller);
        return waits.add(jobs.summary(name).orElseThrow(() -> ProblemException.noSuchJob(id)));
    }

    private JobLinks links(JobView job) {
        return JobLinks.to(job, JobsPage.seesAll(scope.submitter()));
    }

    /** One model, or one region, is a list of its cells. */
    private static @Nullable CellChoice choice(
            @Nullable String show, @Nullable String region, @Nullable String modelId) {
        CellChoice choice = CellChoice.of(show);
        boolean isOneLine = (region == null) != (modelId == null);
        return choice == null && isOneLine ? CellChoice.ALL : choice;
    }

    private void addOverview(Model model, JobView job, JobLinks links) {
        model.addAttribute("job", JobHead.of(job, links.caller()));
        model.addAttribute("links", links);
        model.addAttribute("choices", CellChoice.links(job, links));
        if (links.show() != null) {
            return; // A list of cells stands in the place of the matrix.
        }
        boolean hasBoxes = Matrix.hasBoxes(job);
        // All answers are read for the tokens: of a large job not each second, but once it has ended.
        boolean withTokens = hasBoxes || JobStatus.of(job.status()).isFinal();
        model.addAttribute(
                "matrix",
                Matrix.of(
                        job,
                        jobCells.regionsOfModels(job),
                        hasBoxes ? cells.boxes(job.jobId()) : List.of(),
                        cells.margins(job.jobId(), withTokens),
                        links));
    }

    private List<String> warnings(JobView job) {
        List<String> warnings = new ArrayList<>();
        for (JsonNode warning : json.readTree(job.warnings())) {
            warnings.add(warning.isString() ? warning.stringValue() : warning.toString());
        }
        return warnings;
    }

    private String curl(
            HttpServletRequest request,
            JobLinks links,
            @Nullable String region,
            @Nullable String modelId,
            @Nullable CellChoice choice) {
        if (choice == null && region == null) {
            return curl.get(request, links.api("")) + "\n" + curl.get(request, links.api("/executions"));
        }
        if (choice == CellChoice.STOPPED) {
            return curl.get(
                    request,
                    new QueryText()
                            .and("caller", links.caller())
                            .and("region", region)
                            .and("model_id", modelId)
                            .on(links.apiPath() + "/duplicates"));
        }
        return curl.get(
                request,
                new QueryText()
                        .and("caller", links.caller())
                        .and("region", region)
                        .and("model_id", modelId)
                        .and("status", choice == null || choice.status() == null ? null : choice.word())
                        .and("flagged", choice == CellChoice.FLAGGED ? "true" : null)
                        .on(links.apiPath() + "/executions"));
    }
}
