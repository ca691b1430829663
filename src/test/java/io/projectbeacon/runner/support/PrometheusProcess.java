package io.projectbeacon.runner.support;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real Prometheus that scrapes one runner each second, under the name that {@code ops/prometheus} gives it. */
public final class PrometheusProcess implements AutoCloseable {

    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final String base;

    private PrometheusProcess(Process process, String base) {
        this.process = process;
        this.base = base;
    }

    /**
     * Starts it and waits until it answers.
     *
     * @param folder an empty one, for its configuration, its data and its log
     * @param rules the files of rules that it evaluates each second
     */
    public static PrometheusProcess start(Path folder, RunnerClient runner, List<Path> rules) throws IOException {
        StringBuilder config =
                new StringBuilder("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files:\n");
        rules.forEach(
                file -> config.append("  - '").append(file.toAbsolutePath()).append("'\n"));
        String address = "127.0.0.1:" + Ports.free();
        URI target = URI.create(runner.base());
        config.append("""
                scrape_configs:
                  - job_name: beacon-runner
                    metrics_path: /actuator/prometheus
                    static_configs: [{targets: ['%s:%d']}]
                  - job_name: prometheus
                    static_configs: [{targets: ['%s']}]
                """.formatted(target.getHost(), target.getPort(), address));
        Path file = Files.writeString(folder.resolve("prometheus.yml"), config);
        Process process = new ProcessBuilder(
                        "prometheus",
                        "--config.file=" + file,
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=" + address)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        PrometheusProcess started = new PrometheusProcess(process, "http://" + address);
        try {
            Awaitility.await("Prometheus is ready, see " + folder.resolve("log"))
                    .atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .until(() -> started.send("/-/ready").statusCode() == 200);
        } catch (RuntimeException neverReady) {
            started.close();
            throw neverReady;
        }
        return started;
    }

    /** Asks for the value of an expression now: what {@code /api/v1/query} answers, its errors included. */
    public JsonNode query(String expression) {
        return get("/api/v1/query?query=" + URLEncoder.encode(expression, UTF_8));
    }

    /** The errors of each target's last scrape, such as a line that Prometheus can't read. */
    public List<String> scrapeErrors() {
        return get("/api/v1/targets?state=active").path("data").path("activeTargets").values().stream()
                .map(target -> target.path("lastError").asString())
                .filter(error -> !error.isEmpty())
                .toList();
    }

    /** Asks another path of its API. */
    public JsonNode get(String path) {
        return JsonMapper.shared().readTree(send(path).body());
    }

    private HttpResponse<String> send(String path) {
        try {
            return http.send(
                    HttpRequest.newBuilder(URI.create(base + path))
                            .timeout(Duration.ofSeconds(30))
                            .build(),
                    BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
