package io.projectbeacon.runner.chaos;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The clock of a play, from its beginning; calling the play off ends every wait. */
final class Stage {

    private final long begin = System.nanoTime();
    private final CountDownLatch calledOff = new CountDownLatch(1);

    void callOff() {
        calledOff.countDown();
    }

    boolean isCalledOff() {
        return calledOff.getCount() == 0;
    }

    Duration now() {
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    void awaitTime(Duration at) throws InterruptedException {
        pause(at.minus(now()));
    }

    void pause(Duration length) throws InterruptedException {
        calledOff.await(length.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Polls until the condition is met, the time is over or the play is called off; returns the last value. */
    boolean await(Duration atMost, Duration every, BooleanSupplier condition) throws InterruptedException {
        Duration end = now().plus(atMost);
        boolean met = condition.getAsBoolean();
        while (!met && now().compareTo(end) < 0 && !isCalledOff()) {
            pause(every);
            met = condition.getAsBoolean();
        }
        return met;
    }
}
