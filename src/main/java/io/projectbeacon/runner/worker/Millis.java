package io.projectbeacon.runner.worker;

import java.time.Duration;

/** Durations as logs show them: milliseconds with two decimals. */
final class Millis {

    private Millis() {}

    static double of(Duration duration) {
        return Math.round(duration.toNanos() / 10_000.0) / 100.0;
    }
}
