package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceProperties.Backoff;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Slows a region down, on this replica, while its provider refuses calls with 429 (too many) or 402 (no credit left).
 * What is known of it comes from the calls themselves.
 */
public final class RegionPace {

    private final Map<String, Throttle> throttles;
    private final Ticker ticker;

    RegionPace(Regions regions, Backoff backoff, Ticker ticker) {
        this.throttles = regions.names().stream()
                .collect(Collectors.toUnmodifiableMap(
                        region -> region, region -> new Throttle(region, backoff, ticker)));
        this.ticker = ticker;
    }

    /**
     * Waits until one call to the region may be sent; returns at once unless the region has refused a call lately. To be
     * called once for each call, in front of its claim. A wait lasts as long as the provider asked for, a day at most,
     * and then until those who came earlier have gone.
     */
    public void await(String region) throws InterruptedException {
        Throttle throttle = throttles.get(region);
        if (throttle != null) {
            throttle.await();
        }
    }

    /** The call that was waited for is not sent after all, for example because its cell is completed: the next may go. */
    public void unused(String region) {
        Throttle throttle = throttles.get(region);
        if (throttle != null) {
            throttle.unused();
        }
    }

    /** Now, as the beginning of a call. */
    long begin() {
        return ticker.nanos();
    }

    void refused(String region, long begun, @Nullable Duration retryAfter) {
        Throttle throttle = throttles.get(region);
        if (throttle != null) {
            throttle.refused(begun, retryAfter);
        }
    }

    void accepted(String region, long begun) {
        Throttle throttle = throttles.get(region);
        if (throttle != null) {
            throttle.accepted(begun);
        }
    }
}
