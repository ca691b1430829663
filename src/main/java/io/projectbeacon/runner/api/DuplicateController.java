package io.projectbeacon.runner.api;

import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.intake.JobScope;
import io.projectbeacon.runner.intake.ListFilters;
import io.projectbeacon.runner.intake.QueryParameters;
import io.projectbeacon.runner.ledger.DuplicateReader;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The ledger of duplicates over HTTP: of one job, or of all. */
@RestController
@RequestMapping("/api/v1")
class DuplicateController {

    private final DuplicateReader duplicates;
    private final ListFilters filters;
    private final JobScope scope;

    DuplicateController(DuplicateReader duplicates, ListFilters filters, JobScope scope) {
        this.duplicates = duplicates;
        this.filters = filters;
        this.scope = scope;
    }

    @GetMapping("/jobs/{id}/duplicates")
    Map<String, @Nullable Object> duplicatesOfJob(
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String layer,
            @RequestParam(required = false) @Nullable String outcome,
            @RequestParam(required = false) @Nullable String region,
            @RequestParam(name = "model_id", required = false) @Nullable String modelId,
            @RequestParam(required = false) @Nullable String since,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit,
            @RequestParam(defaultValue = "false") boolean total,
            @RequestParam(required = false) @Nullable String caller) {
        DuplicateReader.Filter filter = filter(filters.jobId(id, caller), null, since, layer, outcome, region, modelId);
        return QueryParameters.body(
                "duplicates", duplicates.list(filter, QueryParameters.request(cursor, limit, total)));
    }

    @GetMapping("/duplicates")
    Map<String, @Nullable Object> duplicates(
            @RequestParam(required = false) @Nullable String since,
            @RequestParam(required = false) @Nullable String layer,
            @RequestParam(required = false) @Nullable String outcome,
            @RequestParam(required = false) @Nullable String region,
            @RequestParam(name = "model_id", required = false) @Nullable String modelId,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit,
            @RequestParam(defaultValue = "false") boolean total,
            @RequestParam(required = false) @Nullable String caller) {
        DuplicateReader.Filter filter = filter(null, scope.listed(caller), since, layer, outcome, region, modelId);
        return QueryParameters.body(
                "duplicates", duplicates.list(filter, QueryParameters.request(cursor, limit, total)));
    }

    private DuplicateReader.Filter filter(
            @Nullable Long jobId,
            @Nullable String caller,
            @Nullable String since,
            @Nullable String layer,
            @Nullable String outcome,
            @Nullable String region,
            @Nullable String modelId) {
        return new DuplicateReader.Filter(
                jobId,
                caller,
                filters.since(since),
                QueryParameters.word("layer", layer, DuplicateLayer.class),
                QueryParameters.word("outcome", outcome, DuplicateOutcome.class),
                filters.region(region),
                filters.modelId(modelId));
    }
}
