package io.projectbeacon.runner.execution;

import java.util.UUID;

/**
 * A claim of a cell for a run.
 *
 * @param claimId one for each time that a run comes to a cell, and no other
 */
record Asked(Run run, String region, String modelId, UUID claimId) {

    Cell cell() {
        return new Cell(run.jobId(), region, modelId);
    }
}
