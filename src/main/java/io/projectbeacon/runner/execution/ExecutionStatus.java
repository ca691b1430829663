package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.metrics.WireName;
import java.util.Locale;

/** The status of a cell, and the outcome of an attempt. The same words stand in the CHECK constraints of the table. */
public enum ExecutionStatus {
    /** Claimed, and its call may be under way. */
    RUNNING,
    COMPLETED,
    FAILED,
    CANCELLED,
    /** A call was sent and its end was never seen. */
    UNKNOWN;

    public String wireName() {
        return WireName.of(this);
    }

    static ExecutionStatus of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
