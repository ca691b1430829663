package io.projectbeacon.runner.job;

import io.projectbeacon.runner.metrics.WireName;

/** The status of a job. The same words stand in the CHECK constraint of the table. */
public enum JobStatus {
    QUEUED,
    RUNNING,
    /** Every cell is completed, or as many as the job asked for. */
    COMPLETED,
    /** Some cells are completed. */
    PARTIAL,
    /** No cell is completed. */
    FAILED,
    CANCELLED;

    public String wireName() {
        return WireName.of(this);
    }

    boolean isFinal() {
        return this != QUEUED && this != RUNNING;
    }
}
