package io.projectbeacon.runner.domain;

import java.util.Arrays;
import java.util.Optional;

/**
 * What happens to a cell whose call has an unknown outcome. The same words stand in the CHECK constraint of the table.
 */
public enum OnUnknown {
    /** The cell runs again, under the same idempotency key of the provider. */
    RERUN,
    /** The cell is held: it runs only when a person's retry includes it. */
    HOLD;

    public String wireName() {
        return WireName.of(this);
    }

    /** The value of that name, compared exactly; empty when there is none. */
    public static Optional<OnUnknown> ofWireName(String name) {
        return Arrays.stream(values())
                .filter(value -> value.wireName().equals(name))
                .findFirst();
    }
}
