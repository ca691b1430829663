package io.projectbeacon.runner.region;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Positive;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.ConstructorBinding;
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

    /** How a key is sent. */
    public enum Auth {
        /** {@code Authorization: Bearer <key>}. */
        BEARER,
        /** {@code api-key: <key>}, as Azure wants it. */
        API_KEY,
        /** Not at all. */
        NONE
    }

    /**
     * One region.
     *
     * @param aliases names that are also accepted for this region; beside the built-in ones of the four known regions
     * @param baseUrl where its models answer, as OpenAI's SDKs take it: any path, a query is kept, {model} is replaced
     * @param apiKey sent with each call, never logged
     * @param apiKeyFile a file that holds the key, in place of api-key; it is read again when it changes
     * @param auth how the key is sent: bearer, api-key (a header of that name), or none
     * @param headers further headers of each call; their values are secrets
     * @param maxInFlight calls at once, on one replica
     * @param maxInFlightTotal calls at once, over all replicas together; no such bound when unset. Set it to the same
     *     on each replica. It may be smaller than max-in-flight, which then is never reached
     */
    public record Region(
            @DefaultValue Set<String> aliases,
            @Nullable String baseUrl,
            @Nullable String apiKey,
            @Nullable Path apiKeyFile,
            @DefaultValue("bearer") Auth auth,
            @DefaultValue Map<String, String> headers,
            @DefaultValue("1000") @Positive int maxInFlight,
            @Nullable @Positive Integer maxInFlightTotal) {

        @ConstructorBinding
        public Region {}

        public Region(
                Set<String> aliases,
                @Nullable String baseUrl,
                @Nullable String apiKey,
                int maxInFlight,
                @Nullable Integer maxInFlightTotal) {
            this(aliases, baseUrl, apiKey, null, Auth.BEARER, Map.of(), maxInFlight, maxInFlightTotal);
        }

        /** Null when the region has no server. */
        public @Nullable BaseUrl url() {
            return baseUrl == null ? null : new BaseUrl(baseUrl);
        }

        /** Leaves secrets out of what is printed. */
        @Override
        public String toString() {
            return "Region[aliases=" + aliases + ", baseUrl=" + url() + ", apiKey=" + (apiKey == null ? "none" : "****")
                    + ", apiKeyFile=" + apiKeyFile + ", auth=" + auth + ", headers=" + headers.keySet()
                    + ", maxInFlight=" + maxInFlight + ", maxInFlightTotal=" + maxInFlightTotal + "]";
        }
    }
}
