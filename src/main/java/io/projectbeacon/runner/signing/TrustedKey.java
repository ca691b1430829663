package io.projectbeacon.runner.signing;

import java.security.PublicKey;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key that may sign.
 *
 * @param callers for whom it may sign, by name
 * @param notBefore from when on; null: since ever
 * @param notAfter until when, that instant included; null: for ever
 */
record TrustedKey(
        PublicKey key,
        Set<String> callers,
        @Nullable Instant notBefore,
        @Nullable Instant notAfter) {

    TrustedKey {
        callers = Set.copyOf(callers);
    }

    boolean isValidAt(Instant time) {
        return (notBefore == null || !time.isBefore(notBefore)) && (notAfter == null || !time.isAfter(notAfter));
    }
}
