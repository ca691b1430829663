package io.projectbeacon.runner.region;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a region's models answer, as OpenAI's SDKs take it: any path, with or without a slash at its end, a query that every
 * call keeps, and {@code {model}} in place of the model's id.
 *
 * @param text as it was configured
 */
public record BaseUrl(String text) {

    private static final String MODEL = "{model}";
    private static final int MAX_PORT = 65_535;
    private static final Set<String> SCHEMES = Set.of("http", "https");

    /**
     * The address of a call.
     *
     * @param path what follows the base URL's own path, with a slash before it
     */
    public URI to(String path, String modelId) {
        String filled = text.strip().replace(MODEL, encoded(modelId));
        int query = filled.indexOf('?');
        String before = query < 0 ? filled : filled.substring(0, query);
        return URI.create(withoutSlash(before) + path + (query < 0 ? "" : filled.substring(query)));
    }

    /** Host and port: what may be shown, since a path or a query may hold a secret. */
    public String authority() {
        return to("", "model").getRawAuthority();
    }

    /** What is wrong with it; null when it can be called. */
    @Nullable
    String fault() {
        URI url;
        try {
            url = new URI(text.strip().replace(MODEL, "model"));
        } catch (URISyntaxException e) {
            return "it is not an address";
        }
        int path = text.indexOf('/', text.indexOf("//") + 2);
        int model = text.indexOf(MODEL);
        if (model >= 0 && (path < 0 || model < path)) {
            return "a client would choose the host: {model} may stand in the path or the query only";
        }
        if (url.getRawUserInfo() != null || url.getRawFragment() != null) {
            return "it must have no user and no fragment; a key belongs into api-key";
        }
        if (url.getPort() == 0 || url.getPort() > MAX_PORT) {
            return "it has no port that exists";
        }
        boolean http =
                url.getScheme() != null && SCHEMES.contains(url.getScheme().toLowerCase(Locale.ROOT));
        return http && url.getHost() != null ? null : "it is not an http or https address";
    }

    /** What is likely to be a mistake; null when nothing is. */
    @Nullable
    String doubt() {
        String path = to("", "model").getRawPath();
        if (path.endsWith("/chat/completions") || path.endsWith("/inference")) {
            return "it ends in the path of a call, which is added to it once more";
        }
        return path.isEmpty() || path.equals("/") ? "it has no path; most servers want one such as /v1" : null;
    }

    private static String withoutSlash(String url) {
        int end = url.length();
        while (end > 0 && url.charAt(end - 1) == '/') {
            end--;
        }
        return url.substring(0, end);
    }

    private static String encoded(String modelId) {
        return URLEncoder.encode(modelId, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Leaves path and query out of what is printed. */
    @Override
    public String toString() {
        return fault() == null ? authority() : "****";
    }
}
