package io.projectbeacon.runner.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.projectbeacon.runner.embedded.TemporaryServers;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A runner: the service as it is, in a process of its own, which is given the URLs of its servers. */
final class DemoRunner implements AutoCloseable {

    private static final String SERVICE = "io.projectbeacon.runner.BeaconRunner";
    private static final Pattern READY = Pattern.compile("API: +(http://localhost:\\d+)/");
    private static final Duration LONGEST_START = Duration.ofSeconds(90);
    private static final Duration LONGEST_STOP = Duration.ofSeconds(15);
    private static final JsonMapper JSON = JsonMapper.shared();

    private final String name;
    private final Process process;
    private final Path log;
    private final CompletableFuture<String> base = new CompletableFuture<>();
    private final HttpClient http = HttpClient.newHttpClient();

    private DemoRunner(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    static DemoRunner start(String name, TemporaryServers servers, DemoProvider provider, List<String> regions)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                SERVICE,
                "--server.port=0",
                "--spring.datasource.url=" + servers.jdbcUrl(),
                "--spring.datasource.username=" + servers.username(),
                "--spring.datasource.hikari.maximum-pool-size=8",
                "--beacon.lock.ttl=" + CrashDemo.LOCK_TTL.toSeconds() + "s",
                "--beacon.worker.poll-interval=500ms",
                "--beacon.inference.provider=openai"));
        for (String region : regions) {
            command.add("--beacon.regions." + region + ".base-url=" + provider.baseUrl(region));
            command.add("--beacon.regions." + region + ".max-in-flight=1");
            // By its key the provider knows which runner calls.
            command.add("--beacon.regions." + region + ".api-key=" + name);
        }
        Path log = servers.directory().resolve(name + ".log");
        // Not in the user's directory, and without the user's settings: both could name a database.
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(servers.directory().toFile())
                .redirectErrorStream(true);
        builder.environment().keySet().removeIf(DemoRunner::isSetting);
        // Arguments can be read by everybody on the machine.
        builder.environment()
                .putAll(Map.of(
                        "SPRING_DATASOURCE_PASSWORD", servers.password(), "SPRING_DATA_REDIS_URL", servers.redisUrl()));
        DemoRunner runner = new DemoRunner(name, builder.start(), log);
        Thread.ofPlatform().daemon().name(name).start(runner::keepLog);
        return runner;
    }

    private static boolean isSetting(String variable) {
        return variable.matches("(?i)(spring|beacon|server|management|logging|java_tool|jdk_java)_.*");
    }

    private void keepLog() {
        try (BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
                BufferedWriter file = Files.newBufferedWriter(log)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                file.write(line);
                file.newLine();
                file.flush();
                Matcher ready = READY.matcher(line);
                if (ready.find()) {
                    base.complete(ready.group(1));
                }
            }
        } catch (IOException gone) {
            // It was killed, or the directory is being deleted.
        }
        base.completeExceptionally(new IOException(name + " has ended"));
    }

    String name() {
        return name;
    }

    long pid() {
        return process.pid();
    }

    /** Waits until it says that it is ready. */
    String awaitReady() throws IOException, InterruptedException {
        try {
            return base.get(LONGEST_START.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException failed) {
            List<String> lines = Files.readAllLines(log);
            throw new IOException(name + " did not start: "
                    + String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size())));
        }
    }

    JsonNode post(String path, String body) throws IOException, InterruptedException {
        return exchange(HttpRequest.newBuilder(URI.create(awaitReady() + path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    }

    JsonNode get(String path) throws IOException, InterruptedException {
        return exchange(HttpRequest.newBuilder(URI.create(awaitReady() + path)));
    }

    private JsonNode exchange(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> answer =
                http.send(request.timeout(Duration.ofSeconds(60)).build(), BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new IOException(name + " answered " + answer.statusCode() + ": " + answer.body());
        }
        return JSON.readTree(answer.body());
    }

    /** {@code kill -9}. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (process.waitFor(LONGEST_STOP.toSeconds(), TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
