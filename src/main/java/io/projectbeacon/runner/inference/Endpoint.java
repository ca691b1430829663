package io.projectbeacon.runner.inference;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Where a region's models answer.
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
        return new Endpoint(URI.create(withoutSlash(settings.baseUrl()) + path), settings.apiKey());
    }

    /** Takes the key out of a text: servers repeat it when they refuse it. */
    String withoutKey(String text) {
        return apiKey == null ? text : text.replace(apiKey, "****");
    }

    static String withoutSlash(URI url) {
        String text = url.toString();
        int end = text.length();
        while (text.charAt(end - 1) == '/') {
            end--;
        }
        return text.substring(0, end);
    }

    @Override
    public String toString() {
        return "Endpoint[" + uri + "]";
    }
}
