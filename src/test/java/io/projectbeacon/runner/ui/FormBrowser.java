package io.projectbeacon.runner.ui;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.projectbeacon.runner.support.RunnerClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;

/** A browser without JavaScript: it keeps cookies, and sends the forms of the pages that it was given. */
final class FormBrowser {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    /** What was answered, as text and as a browser reads it. */
    record Page(int status, String text, Document html, HttpResponse<String> response) {

        String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }

        /** The text of the one element that matches. */
        String text(String selector) {
            return html.select(selector).text();
        }
    }

    private final RunnerClient user;
    private final Map<String, String> cookies = new LinkedHashMap<>();

    FormBrowser(RunnerClient user) {
        this.user = user;
    }

    Page get(String path) {
        return send(request(path));
    }

    /** Sends the form with the fields that it has, as a click on its button does; a redirect is not followed. */
    Page send(Element form) {
        String body = form.select("input[name]").stream()
                .map(input -> encoded(input.attr("name")) + "=" + encoded(input.attr("value")))
                .collect(Collectors.joining("&"));
        return post(form.attr("action"), body);
    }

    Page post(String path, String body) {
        return send(request(path)
                .POST(BodyPublishers.ofString(body))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Origin", user.base())
                .header("Sec-Fetch-Site", "same-origin"));
    }

    /** Sends the form whose button has this id, and goes where the answer leads. */
    Page press(Page page, String button) {
        Page sent = send(page.html().getElementById(button).closest("form"));
        return sent.status() == 303 ? get(sent.header("Location")) : sent;
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = user.with(HttpRequest.newBuilder(URI.create(user.base() + path)))
                .header("Accept", "text/html")
                .timeout(Duration.ofSeconds(30));
        if (!cookies.isEmpty()) {
            request.header(
                    "Cookie",
                    cookies.entrySet().stream()
                            .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
                            .collect(Collectors.joining("; ")));
        }
        return request;
    }

    private Page send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response = HTTP.send(request.build(), BodyHandlers.ofString());
            for (String cookie : response.headers().allValues("Set-Cookie")) {
                String[] pair = cookie.split(";", 2)[0].split("=", 2);
                cookies.put(pair[0], pair[1]);
            }
            return new Page(response.statusCode(), response.body(), Jsoup.parse(response.body()), response);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8);
    }
}
