package io.projectbeacon.runner.intake;

import org.jspecify.annotations.Nullable;

/** Checks the header {@code Idempotency-Key}. */
public final class IdempotencyKeys {

    private static final int LONGEST = 255;

    private IdempotencyKeys() {}

    /** @throws ProblemException when the key is blank, longer than 255 characters, or not printable ASCII */
    public static @Nullable String checked(@Nullable String key) {
        if (key == null) {
            return null;
        }
        boolean printable = key.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
        if (key.isBlank() || key.length() > LONGEST || !printable) {
            throw ProblemException.badParameter(
                    "Idempotency-Key", "it must be 1 to " + LONGEST + " printable ASCII characters.");
        }
        return key;
    }
}
