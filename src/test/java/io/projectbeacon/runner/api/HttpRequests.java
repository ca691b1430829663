package io.projectbeacon.runner.api;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes requests up: near to what clients send, and bent in one or more places. The same seed makes the same ones. */
final class HttpRequests {

    private static final List<String> METHODS =
            List.of("GET", "GET", "POST", "POST", "DELETE", "PUT", "HEAD", "PATCH", "FOO");
    private static final List<String> IDS = List.of(
            "waiting",
            "cancelled",
            "none",
            "%00",
            "a%2Fb",
            "..",
            "a".repeat(300),
            "%e2%80%ae",
            "*",
            "%ff",
            "1",
            "null");
    private static final List<String> PARAMETERS = List.of(
            "limit",
            "cursor",
            "total",
            "status",
            "region",
            "model_id",
            "layer",
            "since",
            "flagged",
            "wait",
            "x",
            "limit[]");
    private static final List<String> VALUES = List.of(
            "1",
            "0",
            "-1",
            "1000",
            "9223372036854775808",
            "true",
            "TRUE",
            "",
            "null",
            "queued",
            "completed",
            "us-east",
            "US",
            "input",
            "2026-01-01T00:00:00Z",
            "-999999999-01-01T00:00:00Z",
            "%27%3B--",
            "%00",
            "%0d%0aX:y",
            "%",
            "%f0%9f%98%80",
            "a".repeat(500),
            "1.5",
            "NaN",
            "{}",
            "%e2%80%a8");
    private static final List<String> HEADERS = List.of(
            "Accept: application/json",
            "Accept: */*",
            "Accept: garbage",
            "Accept: text/html;q=2",
            "Accept: image/png",
            "Idempotency-Key: k",
            "Idempotency-Key: ",
            "Idempotency-Key: " + "k".repeat(300),
            "Idempotency-Key: ü",
            "Content-Encoding: gzip",
            "Content-Encoding: identity",
            "Accept-Language: x-y-z",
            "Accept-Charset: none",
            "If-None-Match: *",
            "If-Modified-Since: never",
            "Range: bytes=0-1",
            "Origin: null",
            "Cookie: a=b; c",
            "X-Forwarded-For: ::",
            "X-Forwarded-Host: elsewhere",
            "X-Forwarded-Proto: ftp",
            "Forwarded: host=\"",
            "TE: x",
            "X-HTTP-Method-Override: DELETE",
            "traceparent: 00-x-y-01",
            "Last-Event-ID: 7",
            "Prefer: wait=1");
    private static final List<String> TYPES = List.of(
            "application/json",
            "application/json",
            "application/json",
            "application/json; charset=utf-16",
            "application/x-ndjson",
            "application/merge-patch+json",
            "text/plain",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded",
            "garbage",
            "*/*",
            "application/*",
            "a/b/c",
            "");
    private static final List<String> BODIES = List.of(
            "{\"models\":[\"a\"],\"regions\":[\"us-east\"]}",
            "{\"id\":\"waiting\",\"models\":[\"a\"],\"regions\":[\"us-east\"]}",
            "{\"id\":\"waiting\",\"models\":[\"b\"],\"regions\":[\"us-east\"]}",
            "{\"models\":[{\"id\":\"a\",\"temperature\":0.5,\"regions\":[\"US\"]},\"a\"],\"regions\":[\"US\",\"EU\"],\"questions\":[\"?\"],\"priority\":1}",
            "{\"jobspec\":{\"models\":[\"a\"]},\"target_regions\":[\"US\"]}",
            "{\"models\":[\"a\"],\"regions\":[\"EU\"],\"constraints\":{\"timeout\":\"1m\",\"min_success_rate\":0.5,\"on_unknown\":\"hold\"}}",
            "{\"models\":[\"a\"],\"regions\":[\"EU\"],\"messages\":[{\"role\":\"user\",\"content\":\"{{question}}\"}]}",
            "[{\"models\":[\"a\"],\"regions\":[\"us-east\"]},7,{}]",
            "{\"models\":[\"a\"],\"regions\":[\"us-east\"]}\n{\n",
            "{\"include_unknown\":true}",
            "{\"new_keys\":1}",
            "{}",
            "[]",
            "",
            "null",
            "\"",
            "{",
            "\uFEFF{}");
    private static final List<String> PIECES = List.of(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\\u0000",
            "\\ud800",
            "null",
            "true",
            "1e999999999",
            "-0",
            "9".repeat(120),
            "\"models\":",
            "\"regions\":",
            "\"id\":",
            "\u202e",
            "\u0000",
            "[".repeat(100),
            "{\"a\":".repeat(70),
            "a".repeat(2000));

    private static final Pattern VARIABLE = Pattern.compile("\\{\\*?[^}]*}");

    private final Random random;
    private final List<String> routes;

    HttpRequests(long seed, List<String> routes) {
        this.random = new Random(seed);
        this.routes = routes;
    }

    /**
     * A request whose head is well-formed, so that the service has to answer what it says. Every second one is for a route
     * that is there, by its method and with its type, so that what is bent in it is found by the service's own code.
     */
    String next() {
        boolean near = random.nextBoolean();
        String[] route = oneOf(routes).split(" ");
        StringBuilder request = new StringBuilder(near ? route[0] : oneOf(METHODS))
                .append(' ')
                .append(path(route[1], near))
                .append(query())
                .append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        for (int more = near ? 0 : random.nextInt(3); more > 0; more--) {
            request.append(oneOf(HEADERS)).append("\r\n");
        }
        String type = near ? "application/json" : oneOf(TYPES);
        if (!type.isEmpty()) {
            request.append("Content-Type: ").append(type).append("\r\n");
        }
        String body = body();
        int length = body.getBytes(StandardCharsets.UTF_8).length;
        if (random.nextInt(4) > 0) {
            return request.append("Content-Length: ")
                    .append(length)
                    .append("\r\n\r\n")
                    .append(body)
                    .toString();
        }
        request.append("Transfer-Encoding: chunked\r\n\r\n");
        if (length > 0) {
            request.append(Integer.toHexString(length))
                    .append("\r\n")
                    .append(body)
                    .append("\r\n");
        }
        return request.append("0\r\n\r\n").toString();
    }

    private String path(String route, boolean near) {
        StringBuilder path = new StringBuilder();
        Matcher variables = VARIABLE.matcher(route);
        while (variables.find()) {
            variables.appendReplacement(path, Matcher.quoteReplacement(oneOf(near ? IDS.subList(0, 3) : IDS)));
        }
        variables.appendTail(path);
        return switch (near ? -1 : random.nextInt(10)) {
            case 0 -> path + "/";
            case 1 -> path + "/../x";
            case 2 -> path + ";a=b";
            case 3 -> path.insert(random.nextInt(path.length()) + 1, oneOf(IDS)).toString();
            default -> path.toString();
        };
    }

    private String query() {
        StringBuilder query = new StringBuilder();
        for (int more = random.nextInt(4) - 1; more > 0; more--) {
            query.append(query.isEmpty() ? '?' : '&')
                    .append(oneOf(PARAMETERS))
                    .append('=')
                    .append(oneOf(VALUES));
        }
        return query.toString();
    }

    private String body() {
        StringBuilder body = new StringBuilder(oneOf(BODIES));
        for (int bends = random.nextInt(3); bends > 0; bends--) {
            int at = random.nextInt(body.length() + 1);
            switch (random.nextInt(3)) {
                case 0 -> body.insert(at, oneOf(PIECES));
                case 1 -> body.delete(at, Math.min(body.length(), at + 1 + random.nextInt(10)));
                default -> body.append(body, 0, at);
            }
        }
        return body.toString();
    }

    private String oneOf(List<String> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
