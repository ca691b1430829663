package io.projectbeacon.runner.api;

import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.execution.ExecutionReader;
import io.projectbeacon.runner.intake.ListFilters;
import io.projectbeacon.runner.intake.QueryParameters;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The cells of a job over HTTP. */
@RestController
class ExecutionController {

    private final ExecutionReader executions;
    private final ListFilters filters;

    ExecutionController(ExecutionReader executions, ListFilters filters) {
        this.executions = executions;
        this.filters = filters;
    }

    @GetMapping("/api/v1/jobs/{id}/executions")
    Map<String, @Nullable Object> executions(
            HttpServletRequest request,
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String region,
            @RequestParam(name = "model_id", required = false) @Nullable String modelId,
            @RequestParam(required = false) @Nullable String status,
            @RequestParam(required = false) @Nullable String flagged,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable Integer limit,
            @RequestParam(defaultValue = "false") boolean total,
            @RequestParam(required = false) @Nullable String caller) {
        ExecutionReader.Filter filter = new ExecutionReader.Filter(
                filters.region(region),
                filters.modelId(modelId),
                QueryParameters.word("status", status, ExecutionStatus.class),
                ListFilters.flagged(flagged));
        return QueryParameters.body(
                "executions",
                HeldAnswers.held(
                        request,
                        executions.list(
                                filters.jobId(id, caller), filter, QueryParameters.request(cursor, limit, total))));
    }
}
