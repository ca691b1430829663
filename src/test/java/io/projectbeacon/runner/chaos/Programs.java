package io.projectbeacon.runner.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.projectbeacon.runner.support.Ports;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts the processes of a storm. */
final class Programs {

    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    private static final int WARM_UP = 100;

    private Programs() {}

    static Process provider(Path ledger, long seed) throws IOException {
        return new ProcessBuilder(
                        JAVA,
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ChaosProvider.class.getName(),
                        ledger.toString(),
                        Long.toString(seed))
                .redirectError(ledger.resolveSibling("provider.log").toFile())
                .start();
    }

    /** The provider's port, returned after some calls that warm it up, so that the first real call is not slow. */
    static int port(Process provider) throws IOException {
        BufferedReader output = new BufferedReader(new InputStreamReader(provider.getInputStream(), UTF_8));
        int port = Integer.parseInt(output.readLine());
        for (int n = 0; n < WARM_UP; n++) {
            Http.post("http://127.0.0.1:" + port + "/", "{\"model\": \"m\"}");
        }
        return port;
    }

    /** The command that starts the packaged jar: what a user runs, without the embedded servers of a first run. */
    static List<String> runner(String databaseUrl, String redisUrl, int providerPort, List<String> regions)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                JAVA,
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                jar().toString(),
                "--spring.datasource.url=" + databaseUrl,
                "--spring.datasource.hikari.maximum-pool-size=10",
                "--spring.data.redis.url=" + redisUrl,
                "--beacon.lock.ttl=" + Setup.TTL.toMillis() + "ms",
                "--beacon.worker.poll-interval=" + Setup.POLL.toMillis() + "ms",
                "--beacon.inference.provider=openai",
                "--beacon.inference.call-timeout=" + Setup.CALL_TIMEOUT.toMillis() + "ms",
                "--beacon.inference.connect-timeout=1s",
                "--beacon.inference.max-attempts=3",
                "--beacon.inference.backoff.initial=100ms",
                "--beacon.inference.backoff.max=1s",
                "--beacon.inference.breaker.open-for=2s"));
        for (String region : regions) {
            command.add(
                    "--beacon.regions." + region + ".base-url=http://127.0.0.1:" + providerPort + "/" + region + "/v1");
        }
        // One region has few slots on each runner, and one has few slots over all runners together.
        command.add("--beacon.regions.us-west.max-in-flight=4");
        command.add("--beacon.regions.asia-pacific.max-in-flight-total=8");
        return command;
    }

    static List<RunnerInstance> places(List<String> command, List<String> regions, Path logs) {
        List<RunnerInstance> runners = new ArrayList<>();
        for (int n = 1; n <= Setup.RUNNERS; n++) {
            runners.add(new RunnerInstance(n, Ports.free(), command, regions, logs));
        }
        return runners;
    }

    private static Path jar() throws IOException {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(Path.of("target"), "beacon-runner-*.jar")) {
            for (Path jar : found) {
                return jar;
            }
        }
        throw new IllegalStateException("There is no packaged jar below target; ./mvnw verify makes it");
    }
}
