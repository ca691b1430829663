package io.projectbeacon.runner.intake;

import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/** Lets one line into the log in ten seconds, where clients decide how many there would be. */
public final class SparingLog {

    private static final long BETWEEN = TimeUnit.SECONDS.toNanos(10);

    private long last = System.nanoTime() - BETWEEN;
    private long leftOut;

    /** @param line is given the number of lines that were left out before it, and is not called when it is left out itself */
    public void line(LongConsumer line) {
        long before;
        synchronized (this) {
            long now = System.nanoTime();
            if (now - last < BETWEEN) {
                leftOut++;
                return;
            }
            last = now;
            before = leftOut;
            leftOut = 0;
        }
        line.accept(before);
    }
}
