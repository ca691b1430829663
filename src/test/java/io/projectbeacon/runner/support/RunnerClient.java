package io.projectbeacon.runner.support;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A runner as its users see it: by HTTP. */
public class RunnerClient {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final List<String> FINAL = List.of("completed", "partial", "failed", "cancelled");
    private static final Pattern SAMPLE = Pattern.compile("^([a-z_:]+)(\\{[^}]*})? (\\S+)$");

    /** An answer of the API. */
    public record Reply(int status, HttpResponse<String> response) {

        public JsonNode json() {
            return JSON.readTree(response.body());
        }

        public String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }
    }

    private final String base;
    private final String[] headers;

    /** @param headers of each request: names and values by turns */
    public RunnerClient(String base, String... headers) {
        this.base = base;
        this.headers = headers;
    }

    /** The URL that all paths are below. */
    public String base() {
        return base;
    }

    /** Puts this user's own headers on a request that is sent in another way. */
    public HttpRequest.Builder with(HttpRequest.Builder request) {
        return headers.length == 0 ? request : request.headers(headers);
    }

    public Reply get(String path) {
        return send(HttpRequest.newBuilder(URI.create(base + path)));
    }

    public Reply delete(String path) {
        return send(HttpRequest.newBuilder(URI.create(base + path)).DELETE());
    }

    public Reply post(String path, String body, String... headers) {
        return post(path, body.getBytes(UTF_8), "application/json", headers);
    }

    public Reply post(String path, byte[] body, String contentType, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path))
                .POST(BodyPublishers.ofByteArray(body))
                .header("Content-Type", contentType);
        if (headers.length > 0) {
            request.headers(headers);
        }
        Reply reply = send(request);
        requireNone(ApiDocument.faultsOfTaken(reply.response(), body));
        return reply;
    }

    private static void requireNone(List<String> faults) {
        if (!faults.isEmpty()) {
            throw new AssertionError(String.join("\n", faults));
        }
    }

    public Reply submit(String spec, String... headers) {
        return post("/api/v1/jobs", spec, headers);
    }

    /** Waits for a job to end and returns it. */
    public JsonNode ended(String id) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(
                        () -> get("/api/v1/jobs/" + id).json(),
                        job -> FINAL.contains(job.path("status").asString("")));
    }

    /** The cells of a job, by {@code region/model_id}. */
    public Map<String, JsonNode> cells(String id) {
        Map<String, JsonNode> cells = new LinkedHashMap<>();
        for (JsonNode cell : get("/api/v1/jobs/" + id + "/executions?limit=1000")
                .json()
                .path("executions")
                .values()) {
            cells.put(
                    cell.path("region").asString() + "/" + cell.path("model_id").asString(), cell);
        }
        return cells;
    }

    public String scrape() {
        return get("/actuator/prometheus").response().body();
    }

    /** The sum of the series of a metric whose labels contain all of these, such as {@code job_id="a"}. */
    public double metric(String name, String... labels) {
        double sum = 0;
        for (String line : scrape().lines().toList()) {
            Matcher sample = SAMPLE.matcher(line);
            if (sample.matches() && sample.group(1).equals(name)) {
                String found = String.valueOf(sample.group(2));
                if (List.of(labels).stream().allMatch(found::contains)) {
                    sum += Double.parseDouble(sample.group(3));
                }
            }
        }
        return sum;
    }

    private Reply send(HttpRequest.Builder request) {
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            HttpResponse<String> response =
                    HTTP.send(request.timeout(Duration.ofSeconds(60)).build(), BodyHandlers.ofString());
            requireNone(ApiDocument.faultsOf(response));
            return new Reply(response.statusCode(), response);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
