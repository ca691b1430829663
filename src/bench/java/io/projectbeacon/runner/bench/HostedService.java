package io.projectbeacon.runner.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A runner in a process of its own, with the settings that it ships with and a provider that answers at once. */
final class HostedService implements AutoCloseable {

    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    /** The compiler's threads must not end while they are idle: what they have used could not be told any more. */
    private static final List<String> FLAGS = List.of("-Xmx1g", "-XX:-UseDynamicNumberOfCompilerThreads");

    private final Child child;
    private final Api api;

    /** @param more properties that are added to the usual ones, or replace them */
    HostedService(Build build, String database, String redis, String... more) {
        List<String> properties = new ArrayList<>(List.of(
                "--spring.datasource.url=" + database,
                "--spring.data.redis.url=" + redis,
                "--server.port=0",
                "--beacon.inference.simulated.latency=0ms",
                "--beacon.worker.poll-interval=1s",
                "--beacon.inference.backoff.initial=1s",
                "--beacon.worker.shutdown-timeout=30s",
                "--logging.level.root=error",
                "--logging.level.io.projectbeacon.runner.embedded=error"));
        for (String property : more) {
            String name = property.substring(0, property.indexOf('=') + 1);
            properties.removeIf(preset -> preset.startsWith(name));
            properties.add(property);
        }
        List<String> command = new ArrayList<>(List.of(JAVA));
        command.addAll(FLAGS);
        command.addAll(List.of("-cp", build.classpath(), ServiceHost.class.getName()));
        command.addAll(properties);
        child = new Child(Path.of("."), command);
        api = new Api("http://localhost:" + child.answer());
    }

    long pid() {
        return child.pid();
    }

    Api api() {
        return api;
    }

    /** Takes jobs from the queue from now on. */
    void start() {
        child.ask("start");
    }

    /** Stops the work; jobs that have not ended go back to the queue. */
    void stop() {
        child.ask("stop");
    }

    /** A metric's sum over all of its labels. */
    double metric(String name) {
        return Double.parseDouble(child.ask("metric " + name));
    }

    /** Bytes in use after a collection. */
    double heap() {
        return Double.parseDouble(child.ask("heap"));
    }

    double threads() {
        return Double.parseDouble(child.ask("threads"));
    }

    /** See {@link Child#freeze}. */
    void freeze() {
        child.freeze();
    }

    void thaw() {
        child.thaw();
    }

    @Override
    public void close() {
        child.close();
    }
}
