package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.region.RegionsProperties;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
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
    private static final int SHORTEST_SECRET = 6;

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
        if (query == null || query.isEmpty()) {
            return masked;
        }
        masked = masked.replace(query, MASK);
        for (String parameter : query.split("&")) {
            String value = parameter.substring(parameter.indexOf('=') + 1);
            // What is shorter is no secret, and would be found in any text.
            if (value.length() >= SHORTEST_SECRET) {
                masked = masked.replace(value, MASK).replace(decoded(value), MASK);
            }
        }
        return masked;
    }

    private static String decoded(String value) {
        try {
            return URLDecoder.decode(value, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException percent) {
            return value;
        }
    }

    @Override
    public String toString() {
        return "Endpoint[" + uri.getRawAuthority() + "]";
    }
}
