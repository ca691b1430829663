package io.projectbeacon.runner.domain;

/** Where a duplicate was met. The wire name is the lower-case name. */
public enum DuplicateLayer {
    /** The normaliser dropped it from the JobSpec. */
    INPUT,
    /** A cell was met twice within one run. */
    CLAIM,
    /** A run that a retry began met a completed cell. */
    RETRY,
    /** A run that took the job over met a completed cell. */
    REDELIVERY,
    /** An answer came after another attempt had been made. */
    COMPLETION,
    /** The audit found a second row for a cell. */
    AUDIT;

    public String wireName() {
        return WireName.of(this);
    }
}
