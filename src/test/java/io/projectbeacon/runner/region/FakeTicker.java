package io.projectbeacon.runner.region;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;

/** Time that passes when a test says so. */
public final class FakeTicker implements Ticker {

    // Not zero: code that takes 0 for "never" would go unnoticed.
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000_000_000L);

    public void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Override
    public long nanos() {
        return nanos.get();
    }

    /** Looks again each millisecond of real time, since nothing signals that a test let time pass. */
    @Override
    public void await(Condition changed, long nanos) throws InterruptedException {
        changed.await(1, TimeUnit.MILLISECONDS);
    }
}
