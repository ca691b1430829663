package io.projectbeacon.runner.region;

import java.time.Duration;

/**
 * A time in which this replica sends nothing to a region: its pause after a refusal or by an operator, or its open circuit breaker.
 *
 * @param begun when it began, by the ticker: tells it from an earlier one of the region
 * @param left until a call is tried
 * @param lasts since when the region has taken nothing, over all closures in a row
 */
public record Closure(long begun, Duration left, Duration lasts) {

    /** A wait that is not worth a job's place on a runner. */
    public static final Duration LONG = Duration.ofSeconds(3);

    private static final Duration UNTIL_A_PERSON_ENDS_IT = Duration.ofDays(1);

    /** Of a region that an operator has paused. */
    public static final Closure BY_OPERATOR = new Closure(0, UNTIL_A_PERSON_ENDS_IT, UNTIL_A_PERSON_ENDS_IT);

    /** Whether jobs should not keep their places for it. */
    public boolean isLong() {
        return left.compareTo(LONG) > 0 || lasts.compareTo(LONG) > 0;
    }
}
