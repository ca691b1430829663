package io.projectbeacon.runner.region;

import java.time.Duration;

/**
 * A time in which this replica sends nothing to a region: its pause after a refusal, or its open circuit breaker.
 *
 * @param begun when it began, by the ticker: tells it from an earlier one of the region
 * @param left until a call is tried
 * @param lasts since when the region has taken nothing, over all closures in a row
 */
public record Closure(long begun, Duration left, Duration lasts) {

    /** A wait that is not worth a job's place on a runner. */
    public static final Duration LONG = Duration.ofSeconds(3);

    /** Whether jobs should not keep their places for it. */
    public boolean isLong() {
        return left.compareTo(LONG) > 0 || lasts.compareTo(LONG) > 0;
    }
}
