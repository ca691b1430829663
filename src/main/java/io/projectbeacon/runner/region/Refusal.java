package io.projectbeacon.runner.region;

import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A provider's word that it takes no calls for now.
 *
 * @param retryAfter how long it asked to wait, when it did
 * @param words what it said
 */
public record Refusal(Reason reason, @Nullable Duration retryAfter, String words) {

    /** Why it takes none. */
    public enum Reason {
        /** Too many calls. */
        RATE_LIMIT,
        /** No credit is left. */
        QUOTA,
        /** Too many calls of all its users. */
        OVERLOADED;

        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
