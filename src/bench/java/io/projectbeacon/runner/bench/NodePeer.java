package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.TestServers;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A queue for Node.js, in a process of its own, by a script in {@code src/bench/node} that says how it is set up. It is
 * told what to do by lines, and answers each by one.
 */
final class NodePeer implements Contender {

    private static final Path SCRIPTS = Path.of("src", "bench", "node");
    private static final Path INSTALLED = Path.of("target", "bench", "node");
    private static final List<String> FILES = List.of("package.json", "peer.mjs", "graphile-worker.mjs", "bullmq.mjs");

    private final String name;
    private final Process process;
    private final BufferedReader answers;
    private final BufferedWriter commands;

    private NodePeer(String name, String script, String url) throws IOException {
        this.name = name;
        process = new ProcessBuilder("node", script, url)
                .directory(INSTALLED.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        answers = process.inputReader(StandardCharsets.UTF_8);
        commands = process.outputWriter(StandardCharsets.UTF_8);
    }

    /** Those that run here; none, with a notice, where Node.js or its registry is not at hand. */
    static List<NodePeer> all() {
        try {
            install();
            return List.of(
                    new NodePeer(
                            "graphile-worker 0.18.0", "graphile-worker.mjs", plain(TestServers.newEmptyDatabase())),
                    new NodePeer("BullMQ 6.7.0", "bullmq.mjs", TestServers.newRedisUrl()));
        } catch (IOException e) {
            System.out.println("  (graphile-worker and BullMQ are left out: " + e.getMessage() + ")");
            return List.of();
        }
    }

    private static void install() throws IOException {
        Files.createDirectories(INSTALLED);
        for (String file : FILES) {
            Files.copy(SCRIPTS.resolve(file), INSTALLED.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        Process npm = new ProcessBuilder(
                        "npm",
                        "install",
                        "--package-lock=false",
                        "--ignore-scripts",
                        "--no-audit",
                        "--no-fund",
                        "--silent")
                .directory(INSTALLED.toFile())
                .inheritIO()
                .start();
        try {
            if (!npm.waitFor(3, TimeUnit.MINUTES) || npm.exitValue() != 0) {
                npm.destroyForcibly();
                throw new IOException("npm install failed");
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** The JDBC URL as the rest of the world writes it. */
    private static String plain(String jdbc) {
        return jdbc.substring("jdbc:".length());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int fill(int executions) {
        asks("fill " + executions);
        return executions;
    }

    /** From the first execution on, as with the other peers. */
    @Override
    public Duration drain() {
        return Duration.ofNanos(Long.parseLong(asks("drain")));
    }

    @Override
    public void rest() {
        asks("rest");
    }

    @Override
    public List<Long> processes() {
        return List.of(process.pid());
    }

    private String asks(String command) {
        try {
            commands.write(command + "\n");
            commands.flush();
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                if (line.startsWith(ServiceHost.ANSWER)) {
                    return line.substring(ServiceHost.ANSWER.length());
                }
                System.out.println(line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new IllegalStateException(name + ": the process has ended");
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
