package io.projectbeacon.runner.region;

import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Slows this replica's calls to a region down while its provider refuses calls, because they are too many, no credit is
 * left, or it is overloaded; which it learns from the calls themselves.
 */
public final class RegionPace {

    private final Map<String, Throttle> throttles;
    private final RegionPauses pauses;
    private final BeaconMetrics metrics;
    private final Ticker ticker;

    RegionPace(Regions regions, BackoffProperties backoff, RegionPauses pauses, BeaconMetrics metrics, Ticker ticker) {
        this.metrics = metrics;
        this.throttles = regions.names().stream()
                .collect(Collectors.toUnmodifiableMap(
                        region -> region, region -> new Throttle(region, backoff, ticker)));
        this.pauses = pauses;
        this.ticker = ticker;
    }

    /**
     * Waits until one call to the region may be sent; returns at once unless the region is paused, or has refused a call
     * lately. To be called once for each call, before its claim. A wait lasts until the region is resumed, and as long as
     * the provider asked for, a day at most, and then until the calls that began to wait earlier have gone.
     */
    public void await(String region) throws InterruptedException {
        do {
            pauses.await(region);
            awaitTurn(region);
        } while (!pauses.letsCallsBegin(region));
    }

    private void awaitTurn(String region) throws InterruptedException {
        Throttle throttle = throttles.get(region);
        if (throttle == null || throttle.takesCalls()) {
            return;
        }
        long begun = ticker.nanos();
        try {
            throttle.await();
        } finally {
            metrics.waitedForPace(region, Duration.ofNanos(ticker.nanos() - begun));
        }
    }

    /** Whether {@link #await} returns at once. */
    public boolean takesCalls(String region) {
        Throttle throttle = throttles.get(region);
        return pauses.letsCallsBegin(region) && (throttle == null || throttle.takesCalls());
    }

    /** Tells that a call that has waited is not sent after all, as when its cell is completed: the next call may go. */
    public void unused(String region) {
        Throttle throttle = throttles.get(region);
        if (throttle != null) {
            throttle.unused();
        }
    }

    /** The time at which a call begins, for {@link #refused} and {@link #accepted}. */
    public long begin() {
        return ticker.nanos();
    }

    public void refused(String region, long begun, Refusal refusal) {
        Throttle throttle = throttles.get(region);
        if (throttle != null) {
            throttle.refused(begun, refusal);
        }
    }

    /** For how long, in all, nothing was sent to a region for a reason. */
    public Duration paused(String region, Refusal.Reason reason) {
        Throttle throttle = throttles.get(region);
        return throttle == null ? Duration.ZERO : throttle.paused(reason);
    }

    /** Why a region is called slowly, or not at all; empty when it takes calls. */
    Optional<Refusal.Reason> refusing(String region) {
        Throttle throttle = throttles.get(region);
        return throttle == null ? Optional.empty() : throttle.refusing();
    }

    /** Whether a call to the region that began after this time was taken. */
    boolean answeredSince(String region, long time) {
        Throttle throttle = throttles.get(region);
        return throttle != null && throttle.answeredSince(time);
    }

    /** The pause that the region is in now. */
    Optional<Closure> pause(String region) {
        Throttle throttle = throttles.get(region);
        return throttle == null ? Optional.empty() : throttle.pause();
    }

    public void accepted(String region, long begun) {
        Throttle throttle = throttles.get(region);
        if (throttle != null) {
            throttle.accepted(begun);
        }
    }
}
