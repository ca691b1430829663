package io.projectbeacon.runner.database;

import java.time.Duration;

/** A wait between two tries. */
public final class Pause {

    private Pause() {}

    /** @return false when an interrupt ended the wait; the thread stays interrupted */
    public static boolean of(Duration duration) {
        try {
            Thread.sleep(duration);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
