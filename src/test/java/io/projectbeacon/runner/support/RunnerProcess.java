package io.projectbeacon.runner.support;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.projectbeacon.runner.BeaconRunner;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A whole runner in a process of its own, which can be killed. */
public final class RunnerProcess extends RunnerClient implements AutoCloseable {

    private static final Pattern READY = Pattern.compile("API: +(http://localhost:\\d+)/");

    private final Process process;

    private RunnerProcess(Process process, String base) {
        super(base);
        this.process = process;
    }

    /** Starts a runner, with properties as {@code --name=value}, and waits until it says that it is ready. */
    public static RunnerProcess start(List<String> properties) throws IOException {
        return start(BeaconRunner.class, properties);
    }

    /** As {@link #start(List)}, by another main class. */
    static RunnerProcess start(Class<?> main, List<String> properties) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName(),
                "--server.port=0"));
        command.addAll(properties);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
        List<String> lines = new ArrayList<>();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            lines.add(line);
            Matcher ready = READY.matcher(line);
            if (ready.find()) {
                Thread.ofVirtual().start(() -> output.lines().forEach(rest -> {}));
                return new RunnerProcess(process, ready.group(1));
            }
        }
        throw new IllegalStateException("The runner did not start:\n" + String.join("\n", lines));
    }

    /** {@code kill -9}. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** The exit code of a process that ends by itself, 137 as after {@code kill -9}; or empty when it lives on. */
    public OptionalInt exitCode(Duration within) throws InterruptedException {
        return process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)
                ? OptionalInt.of(process.exitValue())
                : OptionalInt.empty();
    }

    /** Sends a signal, such as {@code STOP} or {@code CONT}. */
    public void signal(String name) throws IOException, InterruptedException {
        int code = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
        if (code != 0) {
            throw new IllegalStateException("kill -" + name + " ended with " + code);
        }
    }

    /** SIGTERM, and whether the process ended in time. */
    public boolean terminate(long seconds) throws InterruptedException {
        process.destroy();
        return process.waitFor(seconds, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws Exception {
        if (process.isAlive()) {
            signal("CONT");
        }
        if (!terminate(30)) {
            kill();
        }
    }
}
