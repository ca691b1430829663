package io.projectbeacon.runner.region;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;

/** The monotonic time that pauses are counted by: a wall clock that is set back must not make a region wait longer. */
interface Ticker {

    /** The machine's own monotonic time. */
    Ticker SYSTEM = new Ticker() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void await(Condition changed, long nanos) throws InterruptedException {
            changed.await(nanos, TimeUnit.NANOSECONDS);
        }
    };

    /** Nanoseconds from some fixed moment; only differences mean anything. */
    long nanos();

    /** Waits until the condition is signalled or the time has passed; may return earlier, so the caller looks again. */
    void await(Condition changed, long nanos) throws InterruptedException;
}
