package io.projectbeacon.runner.region;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Which regions take no calls now, as far as this replica's own calls have learned. */
public final class RegionClosures {

    private final Regions regions;
    private final RegionPace pace;
    private final RegionBreakers breakers;
    private final int trialCalls;

    RegionClosures(Regions regions, RegionPace pace, RegionBreakers breakers, BreakerProperties properties) {
        this.regions = regions;
        this.pace = pace;
        this.breakers = breakers;
        this.trialCalls = properties.trialCalls();
    }

    /** The closed regions: the pause of each, or its breaker's time, whichever is longer. */
    public Map<String, Closure> now() {
        Map<String, Closure> closed = new LinkedHashMap<>();
        for (String region : regions.names()) {
            Optional<Closure> byBreaker =
                    Optional.ofNullable(breakers.of(region)).flatMap(RegionBreaker::closure);
            Stream.concat(pace.pause(region).stream(), byBreaker.stream())
                    .max(Comparator.comparing(Closure::left))
                    .ifPresent(closure -> closed.put(region, closure));
        }
        return closed;
    }

    /** The time, for {@link #answersSince}. */
    public long time() {
        return pace.begin();
    }

    /** Whether the region has answered a call that began after this time, and takes any number of calls now. */
    public boolean answersSince(String region, long time) {
        RegionBreaker breaker = breakers.of(region);
        return pace.answeredSince(region, time)
                && pace.pause(region).isEmpty()
                && (breaker == null || !breaker.isOpen());
    }

    /** How many jobs may try a closed region out at once. */
    public int trialCalls() {
        return trialCalls;
    }
}
