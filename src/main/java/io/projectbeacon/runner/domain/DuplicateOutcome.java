package io.projectbeacon.runner.domain;

/** Whether a duplicate was stopped. The wire name is the lower-case name. */
public enum DuplicateOutcome {
    /** Stopped before inference: the service did its work. */
    DETECTED,
    /** Not stopped: inference ran again, or a second row exists. */
    ALLOWED;

    public String wireName() {
        return WireName.of(this);
    }
}
