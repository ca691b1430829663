package io.projectbeacon.runner.worker;

import java.time.Duration;

final class Pause {

    private Pause() {}

    /** Waits; an interrupt ends the wait and stays set. */
    static void of(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
