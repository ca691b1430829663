package io.projectbeacon.runner.support;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpCookie;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.web.util.HtmlUtils;

/**
 * Pages as a browser asks for them, one request at a time: it keeps cookies and sends the token of the last page, and follows
 * no redirect by itself.
 */
public final class Browser {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Pattern TOKEN = Pattern.compile("name=\"csrf-token\" content=\"([^\"]+)\"");
    private static final Pattern FIELD = Pattern.compile("<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"");

    /** A page, or what came in its place. */
    public record Page(int status, String body, HttpResponse<String> response) {

        public String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }

        public String location() {
            return header("Location");
        }

        /** The value of a hidden field. */
        public String hidden(String name) {
            Matcher fields = FIELD.matcher(body);
            while (fields.find()) {
                if (fields.group(1).equals(name)) {
                    return HtmlUtils.htmlUnescape(fields.group(2));
                }
            }
            throw new AssertionError("no hidden field " + name + " in " + body);
        }

        /** Its text, without tags and with one space where there is white space. */
        public String text() {
            return HtmlUtils.htmlUnescape(body.replaceAll("(?s)<[^>]*>", " ")).replaceAll("\\s+", " ");
        }
    }

    private final String base;
    private final Map<String, String> cookies = new TreeMap<>();
    private String token = "";

    public Browser(String base) {
        this.base = base;
    }

    /** Another one, with the same cookies, at another replica. */
    public Browser at(String otherBase) {
        Browser other = new Browser(otherBase);
        other.cookies.putAll(cookies);
        other.token = token;
        return other;
    }

    /** Logs in by the form; answers what came of it. */
    public Page logIn(String key) {
        get("/login");
        return post("/login", Map.of("key", key));
    }

    public Page get(String path, String... headers) {
        return send(request(path, headers).GET());
    }

    /** Sends a form as a page of the service would: with its token. */
    public Page post(String path, Map<String, String> fields, String... headers) {
        Map<String, String> all = new LinkedHashMap<>(fields);
        all.putIfAbsent("_csrf", token);
        return postWithoutToken(path, all, headers);
    }

    public Page postWithoutToken(String path, Map<String, String> fields, String... headers) {
        List<String> encoded = new ArrayList<>();
        fields.forEach(
                (name, value) -> encoded.add(URLEncoder.encode(name, UTF_8) + "=" + URLEncoder.encode(value, UTF_8)));
        return send(request(path, headers)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(String.join("&", encoded))));
    }

    /** Sends a body of JSON with the cookies, as a script of a page could. */
    public Page postJson(String path, String json, String... headers) {
        return send(request(path, headers)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json)));
    }

    /** The token of the last page. */
    public String token() {
        return token;
    }

    public Map<String, String> cookies() {
        return cookies;
    }

    private HttpRequest.Builder request(String path, String... headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(60));
        if (headers.length > 0) {
            request.headers(headers);
        }
        if (!cookies.isEmpty()) {
            List<String> pairs = new ArrayList<>();
            cookies.forEach((name, value) -> pairs.add(name + "=" + value));
            request.header("Cookie", String.join("; ", pairs));
        }
        return request;
    }

    private Page send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response = HTTP.send(request.build(), BodyHandlers.ofString());
            for (String line : response.headers().allValues("Set-Cookie")) {
                HttpCookie cookie = HttpCookie.parse(line).getFirst();
                if (cookie.getMaxAge() == 0) {
                    cookies.remove(cookie.getName());
                } else {
                    cookies.put(cookie.getName(), cookie.getValue());
                }
            }
            Matcher shown = TOKEN.matcher(response.body());
            if (shown.find()) {
                token = HtmlUtils.htmlUnescape(shown.group(1));
            }
            return new Page(response.statusCode(), response.body(), response);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
