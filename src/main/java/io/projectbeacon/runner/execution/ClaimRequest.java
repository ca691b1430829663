package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.domain.Run;
import java.util.UUID;

/**
 * A run's claim of a cell.
 *
 * @param claimId a new one for each time that a run comes to a cell: it tells a row that this claim has written from
 *     others
 */
record ClaimRequest(Run run, String region, String modelId, UUID claimId) {

    Cell cell() {
        return new Cell(run.jobId(), region, modelId);
    }
}
