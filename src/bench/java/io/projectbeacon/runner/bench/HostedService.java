package io.projectbeacon.runner.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A runner in a process of its own, with the settings that it ships with and a provider that answers at once. */
final class HostedService implements AutoCloseable {

    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    /** The compiler's threads must not end while they are idle: what they have used could not be told any more. */
    private static final List<String> FLAGS = List.of("-Xmx1g", "-XX:-UseDynamicNumberOfCompilerThreads");

    private final Process process;
    private final BufferedReader answers;
    private final BufferedWriter commands;
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
        try {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // A benchmark that is stopped leaves no process behind; one that is killed closes the process's input.
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        answers = process.inputReader(StandardCharsets.UTF_8);
        commands = process.outputWriter(StandardCharsets.UTF_8);
        api = new Api("http://localhost:" + answer());
    }

    long pid() {
        return process.pid();
    }

    Api api() {
        return api;
    }

    /** Takes jobs from the queue from now on. */
    void start() {
        asks("start");
    }

    /** Stops the work; jobs that have not ended go back to the queue. */
    void stop() {
        asks("stop");
    }

    /** A metric's sum over all of its labels. */
    double metric(String name) {
        return Double.parseDouble(asks("metric " + name));
    }

    /** Bytes in use after a collection. */
    double heap() {
        return Double.parseDouble(asks("heap"));
    }

    double threads() {
        return Double.parseDouble(asks("threads"));
    }

    /** Stops the whole process where it is: while another contender has its turn, not even a timer fires. */
    void freeze() {
        signal("STOP");
    }

    void thaw() {
        signal("CONT");
    }

    private void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private String asks(String command) {
        try {
            commands.write(command + "\n");
            commands.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return answer();
    }

    private String answer() {
        try {
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                if (line.startsWith(ServiceHost.ANSWER)) {
                    return line.substring(ServiceHost.ANSWER.length());
                }
                System.out.println(line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new IllegalStateException("the service's process has ended");
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
