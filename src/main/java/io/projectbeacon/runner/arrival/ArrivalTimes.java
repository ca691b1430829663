package io.projectbeacon.runner.arrival;

import java.time.Duration;

/**
 * How long the service waits for the bytes of a request.
 *
 * @param time for the head of a request, and for a body before its first byte
 * @param rate the bytes a second that a body comes at, at least: each one adds to its time
 * @param idle the longest pause within a body that is a stream, which has no time of its own
 */
public record ArrivalTimes(Duration time, long rate, Duration idle) {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    /** @throws IllegalArgumentException when one of them is not positive */
    public ArrivalTimes {
        if (!time.isPositive() || rate < 1 || !idle.isPositive()) {
            throw new IllegalArgumentException("the times and the rate of an arrival must be positive");
        }
    }

    /** The nanoseconds within which so many bytes must have come. */
    long nanosFor(long bytes) {
        return time.toNanos() + (long) (bytes * ((double) SECOND / rate));
    }
}
