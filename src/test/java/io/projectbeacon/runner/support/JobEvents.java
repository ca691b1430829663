package io.projectbeacon.runner.support;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client that listens to a job, and keeps what it is told. */
public final class JobEvents implements AutoCloseable {

    /** What one event said. */
    public record Event(String name, String id, JsonNode data) {}

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final HttpResponse<InputStream> response;
    private final List<Event> events = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger comments = new AtomicInteger();
    private final Thread reader;
    private volatile boolean whole;

    private JobEvents(HttpResponse<InputStream> response) {
        this.response = response;
        this.reader = Thread.startVirtualThread(this::read);
    }

    /** Listens to the job, with further headers as names and values by turns. */
    public static JobEvents of(RunnerClient runner, String job, String... headers) {
        HttpRequest.Builder request = runner.with(
                        HttpRequest.newBuilder(URI.create(runner.base() + "/api/v1/jobs/" + job + "/events")))
                .timeout(Duration.ofSeconds(20))
                .header("Accept", "text/event-stream");
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return new JobEvents(HTTP.send(request.build(), BodyHandlers.ofInputStream()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void read() {
        if (response.statusCode() != 200) {
            return;
        }
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(response.body(), UTF_8))) {
            Map<String, String> fields = new LinkedHashMap<>();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(":")) {
                    comments.incrementAndGet();
                } else if (!line.isEmpty()) {
                    String[] field = line.split(": ", 2);
                    fields.put(field[0], field[1]);
                } else if (!fields.isEmpty()) {
                    events.add(new Event(
                            fields.get("event"),
                            fields.get("id"),
                            JsonMapper.shared().readTree(fields.get("data"))));
                    fields.clear();
                }
            }
            whole = true;
        } catch (IOException left) {
            // By the client, or by a service that broke the stream off.
        }
    }

    public HttpResponse<InputStream> response() {
        return response;
    }

    public List<Event> events() {
        synchronized (events) {
            return List.copyOf(events);
        }
    }

    /** How many events have come. */
    public int count() {
        return events.size();
    }

    public List<String> names() {
        return events().stream().map(Event::name).toList();
    }

    public List<JsonNode> named(String name) {
        return events().stream()
                .filter(event -> event.name().equals(name))
                .map(Event::data)
                .toList();
    }

    public int comments() {
        return comments.get();
    }

    /** The id of the last event that has come whole, which a client sends when it comes again. */
    public String lastId() {
        return events.getLast().id();
    }

    /** The status that was told last, by {@code region/model_id}. */
    public Map<String, String> statuses() {
        Map<String, String> statuses = new LinkedHashMap<>();
        named("cell")
                .forEach(cell -> statuses.put(
                        cell.path("region").asString() + "/"
                                + cell.path("model_id").asString(),
                        cell.path("status").asString()));
        return statuses;
    }

    /** Waits for so many events, or the end of all. */
    public JobEvents awaitEvents(int atLeast) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> events.size() >= atLeast || !reader.isAlive());
        return this;
    }

    /** Waits until the service has ended the stream. */
    public JobEvents awaitEnd() {
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !reader.isAlive());
        return this;
    }

    /** Whether the service has ended the stream as it should be. */
    public boolean isWhole() {
        return whole;
    }

    /** The client leaves. */
    @Override
    public void close() {
        try {
            response.body().close();
        } catch (IOException gone) {
            // It has left already.
        }
    }
}
