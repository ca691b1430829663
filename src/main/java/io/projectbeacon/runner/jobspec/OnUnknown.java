package io.projectbeacon.runner.jobspec;

import java.util.Optional;

/** What happens to a cell whose call has an unknown outcome. */
public enum OnUnknown {
    /** Run it again, under the same idempotency key of the provider. */
    RERUN("rerun"),
    /** Never again by itself: it waits for a person. */
    HOLD("hold");

    private final String wireName;

    OnUnknown(String wireName) {
        this.wireName = wireName;
    }

    /** The value's name in a JobSpec and in the database. */
    public String wireName() {
        return wireName;
    }

    /** The value of that name, compared exactly; empty when there is none. */
    public static Optional<OnUnknown> ofWireName(String name) {
        for (OnUnknown value : values()) {
            if (value.wireName.equals(name)) {
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }
}
