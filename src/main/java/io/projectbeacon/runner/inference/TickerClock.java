package io.projectbeacon.runner.inference;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A ticker for code that asks a clock. Its instants are good for differences only. */
final class TickerClock extends Clock {

    private final Ticker ticker;
    private final long origin;

    TickerClock(Ticker ticker) {
        this.ticker = ticker;
        this.origin = ticker.nanos();
    }

    @Override
    public Instant instant() {
        return Instant.EPOCH.plusNanos(ticker.nanos() - origin);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
