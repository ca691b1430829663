package io.projectbeacon.runner.logs;

import java.time.Duration;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** Lets one line into the log in a while, where clients, cells or regions decide how many there would be. */
public final class SparingLog {

    private static final Duration BETWEEN = Duration.ofSeconds(10);

    private final LongSupplier nanos;
    private final long between;
    private long last;
    private long leftOut;

    /** One line in ten seconds. */
    public SparingLog() {
        this(BETWEEN, System::nanoTime);
    }

    /** @param nanos the time, in nanoseconds from some fixed moment */
    public SparingLog(Duration between, LongSupplier nanos) {
        this.nanos = nanos;
        this.between = between.toNanos();
        this.last = nanos.getAsLong() - this.between;
    }

    /**
     * @param line is given the number of lines that were left out before it, and is not called when it is left out itself
     * @return whether it was written
     */
    public boolean line(LongConsumer line) {
        return line(false, line);
    }

    /** @param must whether it is written even if it follows another closely */
    public boolean line(boolean must, LongConsumer line) {
        long before;
        synchronized (this) {
            long now = nanos.getAsLong();
            if (!must && now - last < between) {
                leftOut++;
                return false;
            }
            last = now;
            before = leftOut;
            leftOut = 0;
        }
        line.accept(before);
        return true;
    }
}
