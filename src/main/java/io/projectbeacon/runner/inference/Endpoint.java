package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.region.Regions;
import io.projectbeacon.runner.region.RegionsProperties;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * The address at which a region's models answer.
 *
 * @param uri the one address that calls are sent to
 * @param apiKey sent as a bearer token, when there is one
 */
record Endpoint(URI uri, @Nullable String apiKey) {

    /** The endpoint of a region, or null when the region is not known or has no server. */
    static @Nullable Endpoint of(Regions regions, String region, String path) {
        RegionsProperties.Region settings = regions.settings(region);
        if (settings == null || settings.baseUrl() == null) {
            return null;
        }
        return new Endpoint(URI.create(RegionsProperties.withoutSlash(settings.baseUrl()) + path), settings.apiKey());
    }

    /** Takes the key out of a text: servers repeat a key that they refuse. */
    String withoutKey(String text) {
        return apiKey == null ? text : text.replace(apiKey, "****");
    }

    @Override
    public String toString() {
        return "Endpoint[" + uri + "]";
    }
}
