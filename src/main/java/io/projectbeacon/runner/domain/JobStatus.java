package io.projectbeacon.runner.domain;

import java.util.Locale;

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

    /** @throws IllegalArgumentException when there is no such status */
    public static JobStatus of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }

    public String wireName() {
        return WireName.of(this);
    }

    public boolean isFinal() {
        return this != QUEUED && this != RUNNING;
    }
}
