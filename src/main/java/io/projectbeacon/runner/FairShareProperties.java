package io.projectbeacon.runner;

import io.projectbeacon.runner.domain.CallerLimits;
import io.projectbeacon.runner.domain.CallerLimits.Limits;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Positive;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * {@code beacon.fair-share}: what one caller may take of a service that has several.
 *
 * @param maxQueuedCells cells of one caller that may wait, past which its submissions are refused with 429; no such bound
 *     when unset
 * @param maxInFlight cells of one caller under way at once, on one replica; no such bound when unset
 * @param callers the same of some callers, by name, in place of these
 */
@Validated
@ConfigurationProperties("beacon.fair-share")
record FairShareProperties(
        @Nullable @Positive Long maxQueuedCells,
        @Nullable @Positive Integer maxInFlight,
        @DefaultValue Map<String, @Valid CallerShare> callers) {

    /**
     * Of one caller.
     *
     * @param maxQueuedCells cells that may wait
     * @param maxInFlight cells under way at once, on one replica
     */
    record CallerShare(
            @Nullable @Positive Long maxQueuedCells,
            @Nullable @Positive Integer maxInFlight) {}

    CallerLimits limits() {
        Map<String, Limits> byCaller = new TreeMap<>();
        callers.forEach((name, own) -> byCaller.put(name, new Limits(own.maxQueuedCells(), own.maxInFlight())));
        return new CallerLimits(new Limits(maxQueuedCells, maxInFlight), byCaller);
    }
}
