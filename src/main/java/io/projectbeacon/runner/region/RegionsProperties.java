package io.projectbeacon.runner.region;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Positive;
import java.net.URI;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * {@code beacon.regions}: where models answer.
 *
 * @param regions a region's settings by its name
 */
@Validated
@ConfigurationProperties("beacon")
public record RegionsProperties(@DefaultValue Map<String, @Valid Region> regions) {

    /**
     * One region.
     *
     * @param aliases names that are also accepted for this region; beside the built-in ones of the four known regions
     * @param baseUrl where its models answer; for {@code openai} as its SDKs have it, ending in {@code /v1}
     * @param apiKey sent as a bearer token, never logged
     * @param maxInFlight calls at once, on one replica
     * @param maxInFlightTotal calls at once, over all replicas together; no such bound when unset. Set it to the same
     *     on each replica. It may be smaller than max-in-flight, which then is never reached
     */
    public record Region(
            @DefaultValue Set<String> aliases,
            @Nullable URI baseUrl,
            @Nullable String apiKey,
            @DefaultValue("1000") @Positive int maxInFlight,
            @Nullable @Positive Integer maxInFlightTotal) {

        /** Leaves the key out of what is printed. */
        @Override
        public String toString() {
            return "Region[aliases=" + aliases + ", baseUrl=" + baseUrl + ", apiKey="
                    + (apiKey == null ? "none" : "****") + ", maxInFlight=" + maxInFlight + ", maxInFlightTotal="
                    + maxInFlightTotal + "]";
        }
    }

    /** The URL as text, without a slash at its end. */
    public static String withoutSlash(URI url) {
        String text = url.toString();
        int end = text.length();
        while (text.charAt(end - 1) == '/') {
            end--;
        }
        return text.substring(0, end);
    }
}
