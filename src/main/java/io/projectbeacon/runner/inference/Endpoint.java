package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.region.RegionsProperties;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where and how a model of a region is called.
 *
 * @param uri the one address that the call is sent to
 * @param key sent as {@code auth} says, when there is one
 * @param headers further headers; their values are secrets
 */
record Endpoint(URI uri, @Nullable String key, RegionsProperties.Auth auth, Map<String, String> headers) {

    private static final String MASK = "****";

    /** Adds the headers to a request; those that are configured override the service's own. */
    void addTo(HttpRequest.Builder head) {
        if (key != null) {
            switch (auth) {
                case BEARER -> head.setHeader("Authorization", "Bearer " + key);
                case API_KEY -> head.setHeader("api-key", key);
                case NONE -> {}
            }
        }
        headers.forEach(head::setHeader);
    }

    /** Takes secrets out of a text: servers repeat what they refuse. */
    String withoutSecrets(String text) {
        String masked = key == null || key.isEmpty() ? text : text.replace(key, MASK);
        for (String value : headers.values()) {
            masked = value.isBlank() ? masked : masked.replace(value, MASK);
        }
        String query = uri.getRawQuery();
        return query == null || query.isEmpty() ? masked : masked.replace(query, MASK);
    }

    @Override
    public String toString() {
        return "Endpoint[" + uri.getRawAuthority() + "]";
    }
}
