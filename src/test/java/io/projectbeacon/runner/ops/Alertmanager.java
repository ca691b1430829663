package io.projectbeacon.runner.ops;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
        Process process = new ProcessBuilder(
                        "alertmanager",
                        "--config.file=" + file,
                        "--storage.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:0",
                        "--cluster.listen-address=")
                .redirectErrorStream(true)
                .start();
        BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
        List<String> lines = new ArrayList<>();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            lines.add(line);
            Matcher listening = LISTENING.matcher(line);
            if (listening.find()) {
                Thread.ofVirtual().start(() -> output.lines().forEach(rest -> {}));
                return new Alertmanager(process, URI.create("http://" + listening.group(1) + "/api/v2/alerts"));
            }
        }
        throw new IllegalStateException("Alertmanager did not start:\n" + String.join("\n", lines));
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

    /** Those that fire and are not sent because of another one, as {@code name} or {@code name region}. */
    Set<String> inhibited() throws IOException, InterruptedException {
        HttpResponse<String> answer =
                http.send(HttpRequest.newBuilder(alerts).build(), HttpResponse.BodyHandlers.ofString());
        Set<String> names = new TreeSet<>();
        for (JsonNode alert : JsonMapper.shared().readTree(answer.body())) {
            if (!alert.at("/status/inhibitedBy").isEmpty()) {
                names.add((alert.at("/labels/alertname").asString() + " "
                                + alert.at("/labels/region").asString(""))
                        .strip());
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
