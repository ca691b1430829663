package io.projectbeacon.runner.region;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** How long the quickest answer of each region has taken, as far as it is known: since the start, on this replica. */
public final class QuickestCalls {

    private final @Nullable Duration configured;
    private final Map<String, Duration> answered = new ConcurrentHashMap<>();

    private QuickestCalls(@Nullable Duration configured) {
        this.configured = configured;
    }

    /** Of a provider that is only known by its answers. */
    public static QuickestCalls measured() {
        return new QuickestCalls(null);
    }

    /** Of simulated calls, which take as long as they are told to. */
    public static QuickestCalls configured(Duration shortest) {
        return new QuickestCalls(shortest);
    }

    /** Notes how long an answer has taken. */
    public void answered(String region, Duration time) {
        answered.merge(region, time, (known, other) -> known.compareTo(other) <= 0 ? known : other);
    }

    /** Empty when nothing is known. */
    public Optional<Duration> to(String region) {
        return Optional.ofNullable(configured == null ? answered.get(region) : configured);
    }
}
