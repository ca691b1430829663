package io.projectbeacon.runner.domain;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** The status of a cell, and the outcome of an attempt. The same words stand in the CHECK constraints of the table. */
public enum ExecutionStatus {
    /** Claimed, and its call may be under way. */
    RUNNING,
    COMPLETED,
    FAILED,
    CANCELLED,
    /** A call was sent and its end was never seen. */
    UNKNOWN;

    private static final Map<String, ExecutionStatus> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toMap(ExecutionStatus::wireName, status -> status));

    private final String wireName = WireName.of(this);

    public String wireName() {
        return wireName;
    }

    /** @throws NullPointerException when there is no such status */
    public static ExecutionStatus of(String wireName) {
        return Objects.requireNonNull(BY_NAME.get(wireName), wireName);
    }
}
