package io.projectbeacon.runner.ops;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The real Alertmanager, alone and on a port of its own, with a configuration of this project. */
final class Alertmanager implements AutoCloseable {

    private static final Pattern LISTENING = Pattern.compile("Listening on\"? address=(127\\.0\\.0\\.1:\\d+)");

    private final HttpClient http = HttpClient.newHttpClient();
    private final Process process;
    private final URI alerts;

    private Alertmanager(Process process, URI alerts) {
        this.process = process;
        this.alerts = alerts;
    }

    static Alertmanager start(Path folder, String configuration) throws IOException {
        Path file = Files.writeString(folder.resolve("alertmanager.yml"), configuration);
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(
                        "alertmanager",
                        "--config.file=" + file,
                        "--storage.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:0",
                        "--cluster.listen-address=")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            await().atMost(Duration.ofSeconds(20)).until(() -> address(log).isPresent());
        } catch (ConditionTimeoutException silent) {
            process.destroyForcibly();
            throw new IllegalStateException("Alertmanager did not start:\n" + Files.readString(log), silent);
        }
        URI base = URI.create("http://" + address(log).orElseThrow());
        return new Alertmanager(process, base.resolve("/api/v2/alerts"));
    }

    private static Optional<String> address(Path log) throws IOException {
        return LISTENING
                .matcher(Files.readString(log))
                .results()
                .map(found -> found.group(1))
                .findFirst();
    }

    /** Posts alerts as Prometheus does. */
    void post(List<Map<String, String>> labels) throws IOException, InterruptedException {
        List<Map<String, Map<String, String>>> body =
                labels.stream().map(of -> Map.of("labels", of)).toList();
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(alerts)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                JsonMapper.shared().writeValueAsString(body)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(answer.statusCode() + " " + answer.body());
        }
    }

    /** The firing alerts that another alert inhibits, each by its name and what it has of namespace and region. */
    Set<String> inhibited() throws IOException, InterruptedException {
        HttpResponse<String> answer =
                http.send(HttpRequest.newBuilder(alerts).build(), HttpResponse.BodyHandlers.ofString());
        Set<String> names = new TreeSet<>();
        for (JsonNode alert : JsonMapper.shared().readTree(answer.body())) {
            if (!alert.at("/status/inhibitedBy").isEmpty()) {
                names.add(String.join(
                        " ",
                        Stream.of("alertname", "namespace", "region")
                                .map(label -> alert.at("/labels/" + label).asString(""))
                                .filter(value -> !value.isEmpty())
                                .toList()));
            }
        }
        return names;
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
