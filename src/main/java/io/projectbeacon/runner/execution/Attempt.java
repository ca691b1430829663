package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.Run;
import java.util.List;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/**
 * One try at a cell: everything that is written for it is guarded by its number.
 *
 * @param claimId proves that the row is ours, when the cell is to be tried again
 * @param definiteFailures how many earlier calls for the cell ended in a definite failure
 * @param answers what earlier attempts have answered already; the next question is the one after them
 */
record Attempt(
        Run run,
        String region,
        String modelId,
        UUID claimId,
        long executionId,
        int number,
        int definiteFailures,
        List<JsonNode> answers) {

    static Attempt of(Run run, CellWork cell, UUID claimId, ClaimResult.Claimed claimed) {
        return new Attempt(
                run,
                cell.region(),
                cell.modelId(),
                claimId,
                claimed.executionId(),
                claimed.attempt(),
                claimed.definiteFailures(),
                claimed.answers());
    }
}
