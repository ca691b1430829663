package io.projectbeacon.runner.bench;

import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
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

    private static final int FEW = 100;

    private final String name;
    private final Child child;

    private NodePeer(String name, String script, String url) {
        this.name = name;
        this.child = new Child(INSTALLED, List.of("node", script, url));
    }

    /** Those that run here; none, with a notice, where Node.js or its packages are not at hand. */
    static List<NodePeer> all() {
        try {
            install();
        } catch (IOException e) {
            System.out.println("  (graphile-worker and BullMQ are left out: " + e.getMessage() + ")");
            return List.of();
        }
        List<NodePeer> all = new ArrayList<>();
        add(all, "graphile-worker 0.18.0", "graphile-worker.mjs", plain(TestServers.newEmptyDatabase()));
        add(all, "BullMQ 6.7.0", "bullmq.mjs", TestServers.newRedisUrl());
        return all;
    }

    /** Adds it if it works: its failure must not cost the others their turns. */
    private static void add(List<NodePeer> all, String name, String script, String url) {
        try {
            NodePeer peer = new NodePeer(name, script, url);
            peer.fill(FEW);
            peer.drain();
            peer.rest();
            all.add(peer);
        } catch (IllegalStateException | UncheckedIOException e) {
            System.out.println("  (" + name + " is left out: " + e.getMessage() + ")");
        }
    }

    private static void install() throws IOException {
        Path wanted = SCRIPTS.resolve("package.json");
        Path there = INSTALLED.resolve("package.json");
        boolean installed = Files.isDirectory(INSTALLED.resolve("node_modules"))
                && Files.exists(there)
                && Files.mismatch(wanted, there) == -1;
        Files.createDirectories(INSTALLED);
        for (String file : FILES) {
            Files.copy(SCRIPTS.resolve(file), INSTALLED.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        if (installed) {
            return;
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
                Files.delete(there);
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
        child.ask("fill " + executions);
        return executions;
    }

    /** From the first execution on, as with the other peers. */
    @Override
    public Duration drain() {
        return Duration.ofNanos(Long.parseLong(child.ask("drain")));
    }

    @Override
    public void rest() {
        child.ask("rest");
    }

    @Override
    public List<Long> processes() {
        return List.of(child.pid());
    }

    @Override
    public void close() {
        child.close();
    }
}
