package io.projectbeacon.runner.api;

import io.projectbeacon.runner.execution.Duplicates;
import io.projectbeacon.runner.execution.ExecutionStatus;
import io.projectbeacon.runner.execution.Executions;
import io.projectbeacon.runner.job.Jobs;
import io.projectbeacon.runner.jobspec.KnownRegions;
import io.projectbeacon.runner.jobspec.Names;
import io.projectbeacon.runner.metrics.DuplicateLayer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The cells of a job, and the duplicates that were met, over HTTP. */
@RestController
@RequestMapping("/api/v1")
class CellController {

    /** RFC 3339 writes a year in four digits. */
    private static final int LAST_YEAR = 9999;

    private final Jobs jobs;
    private final Executions executions;
    private final Duplicates duplicates;
    private final KnownRegions regions;

    CellController(Jobs jobs, Executions executions, Duplicates duplicates, KnownRegions regions) {
        this.jobs = jobs;
        this.executions = executions;
        this.duplicates = duplicates;
        this.regions = regions;
    }

    @GetMapping("/jobs/{id}/executions")
    Map<String, @Nullable Object> executions(
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String region,
            @RequestParam(name = "model_id", required = false) @Nullable String modelId,
            @RequestParam(required = false) @Nullable String status,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit,
            @RequestParam(defaultValue = "false") boolean total) {
        Executions.Filter filter = new Executions.Filter(
                canonical(region), modelId(modelId), Pages.word("status", status, ExecutionStatus.class));
        return Pages.body("executions", executions.list(numericId(id), filter, Pages.request(cursor, limit, total)));
    }

    @GetMapping("/jobs/{id}/duplicates")
    Map<String, @Nullable Object> duplicatesOfJob(
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String layer,
            @RequestParam(required = false) @Nullable String region,
            @RequestParam(name = "model_id", required = false) @Nullable String modelId,
            @RequestParam(required = false) @Nullable String since,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit,
            @RequestParam(defaultValue = "false") boolean total) {
        Duplicates.Filter filter = filter(numericId(id), since, layer, region, modelId);
        return Pages.body("duplicates", duplicates.list(filter, Pages.request(cursor, limit, total)));
    }

    @GetMapping("/duplicates")
    Map<String, @Nullable Object> duplicates(
            @RequestParam(required = false) @Nullable String since,
            @RequestParam(required = false) @Nullable String layer,
            @RequestParam(required = false) @Nullable String region,
            @RequestParam(name = "model_id", required = false) @Nullable String modelId,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit,
            @RequestParam(defaultValue = "false") boolean total) {
        Duplicates.Filter filter = filter(null, since, layer, region, modelId);
        return Pages.body("duplicates", duplicates.list(filter, Pages.request(cursor, limit, total)));
    }

    private Duplicates.Filter filter(
            @Nullable Long jobId,
            @Nullable String since,
            @Nullable String layer,
            @Nullable String region,
            @Nullable String modelId) {
        return new Duplicates.Filter(
                jobId,
                instant(since),
                Pages.word("layer", layer, DuplicateLayer.class),
                canonical(region),
                modelId(modelId));
    }

    private long numericId(String id) {
        return jobs.find(id).orElseThrow(() -> ProblemException.noSuchJob(id)).jobId();
    }

    /** A region may be asked for by an alias too; one that is not known matches nothing. */
    private @Nullable String canonical(@Nullable String region) {
        String name = Pages.text("region", region);
        return name == null ? null : regions.resolve(name).orElse(name);
    }

    /** Compared as the ids of a JobSpec are. */
    private static @Nullable String modelId(@Nullable String spelled) {
        String id = Pages.text("model_id", spelled);
        return id == null ? null : Names.clean(id);
    }

    private static @Nullable Instant instant(@Nullable String since) {
        if (since == null) {
            return null;
        }
        try {
            OffsetDateTime time = OffsetDateTime.parse(since);
            if (time.getYear() >= 0 && time.getYear() <= LAST_YEAR) {
                return time.toInstant();
            }
        } catch (DateTimeException e) {
            // The answer is below.
        }
        throw ProblemException.badParameter(
                "since", Shown.of(since) + " is not an RFC 3339 time such as 2026-01-31T12:00:00Z.");
    }
}
