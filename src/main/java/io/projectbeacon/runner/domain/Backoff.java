package io.projectbeacon.runner.domain;

import java.time.Duration;

/**
 * A wait that doubles with each failure in a row.
 *
 * @param initial the wait after the first failure
 * @param max the longest wait
 */
public record Backoff(Duration initial, Duration max) {

    /** More doublings than this pass any maximum, and would overflow. */
    private static final int MOST_DOUBLINGS = 30;

    /** @param failures how many in a row, at least 1 */
    public Duration after(int failures) {
        Duration doubled = initial.multipliedBy(1L << Math.min(failures - 1, MOST_DOUBLINGS));
        return doubled.compareTo(max) > 0 ? max : doubled;
    }
}
