package io.projectbeacon.runner.security;

import io.github.bucket4j.ConsumptionProbe;
import io.projectbeacon.runner.security.RateLimitProperties.Limit;
import java.util.concurrent.TimeUnit;

/**
 * A request that was counted under a limit, in the words of {@code draft-ietf-httpapi-ratelimit-headers}.
 *
 * @param whose requests the limit counts
 */
record Counted(RequestKind kind, Limit limit, ConsumptionProbe probe, String whose) {

    boolean isWithin() {
        return probe.isConsumed();
    }

    String policy() {
        return "\"%s\";q=%d;w=%d".formatted(kind.wireName(), limit.requests(), Buckets.WINDOW.toSeconds());
    }

    /** What is left, and in how many seconds all of it is there again. */
    String state() {
        return "\"%s\";r=%d;t=%d"
                .formatted(kind.wireName(), probe.getRemainingTokens(), seconds(probe.getNanosToWaitForReset()));
    }

    /** Rounded up: a client that comes back after them is not refused again. */
    int retryAfter() {
        return seconds(probe.getNanosToWaitForRefill());
    }

    String refusal() {
        return "More %s of %s came than %s allows: %d a minute, on each replica. Nothing was done; send it again later."
                .formatted(kind.wireName(), whose, limit.property(), limit.requests());
    }

    private static int seconds(long nanos) {
        return Math.toIntExact(Math.ceilDiv(nanos, TimeUnit.SECONDS.toNanos(1)));
    }
}
