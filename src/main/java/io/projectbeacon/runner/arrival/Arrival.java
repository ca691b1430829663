package io.projectbeacon.runner.arrival;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One body on its way: how much of it has come, and how long the service has waited for it. Only waiting counts, so a client
 * does not pay for the time in which the service does something else.
 */
final class Arrival {

    /** The longest pause within what is thrown away. */
    private static final long UNWANTED_PAUSE = Duration.ofSeconds(2).toNanos();

    private final ArrivalTimes times;
    private final long begun = System.nanoTime();
    private volatile boolean waiting;
    private volatile long waitingSince;
    private volatile long waited;
    private volatile long came;
    private volatile boolean stream;
    private volatile boolean unwanted;
    private volatile CutOffException.@Nullable Reason cut;

    Arrival(ArrivalTimes times) {
        this.times = times;
    }

    /** From now on it is one of many documents in a row, which may come for as long as it does come. */
    void becomeStream() {
        stream = true;
    }

    /** From now on what comes is only thrown away, and is not waited for for long. */
    void becomeUnwanted() {
        unwanted = true;
    }

    void beginWait() {
        waitingSince = System.nanoTime();
        waiting = true;
    }

    /** @param bytes how many have come, or -1 at the end */
    void endWait(int bytes) {
        waiting = false;
        waited += System.nanoTime() - waitingSince;
        came += Math.max(0, bytes);
    }

    boolean isOverdue(long now) {
        if (!waiting) {
            return false;
        }
        long wait = now - waitingSince;
        if (unwanted && wait > UNWANTED_PAUSE) {
            return true;
        }
        return stream ? wait > times.idle().toNanos() : waited + wait > times.nanosFor(came);
    }

    /** Since when it has been on its way; null while the service does not wait for it. */
    @Nullable
    Long waitingFrom() {
        return waiting ? (stream ? Long.valueOf(waitingSince) : Long.valueOf(begun)) : null;
    }

    void cut(CutOffException.Reason reason) {
        cut = reason;
    }

    CutOffException.@Nullable Reason cut() {
        return cut;
    }
}
