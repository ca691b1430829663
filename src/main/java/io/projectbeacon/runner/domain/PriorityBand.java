package io.projectbeacon.runner.domain;

/** Where a job's priority lies: above, at or below the default. The wire name is the lower-case name. */
public enum PriorityBand {
    HIGH,
    NORMAL,
    LOW;

    public static PriorityBand of(int priority) {
        return priority > 0 ? HIGH : priority == 0 ? NORMAL : LOW;
    }

    public String wireName() {
        return WireName.of(this);
    }
}
