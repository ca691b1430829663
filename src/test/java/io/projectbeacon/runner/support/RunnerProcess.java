package io.projectbeacon.runner.support;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.projectbeacon.runner.BeaconRunner;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A whole runner in a process of its own, which can be killed. */
public final class RunnerProcess extends RunnerClient implements AutoCloseable {

    private static final Pattern READY = Pattern.compile("API: +(http://localhost:\\d+)/");

    /** With the first of the JVM's compilers only, it begins more quickly and gets less fast. */
    private enum Begins {
        QUICKLY,
        SLOWLY
    }

    private final Process process;
    private final Queue<String> lines;

    private RunnerProcess(Process process, Queue<String> lines, String base) {
        super(base);
        this.process = process;
        this.lines = lines;
    }

    /** What it has printed until now. */
    public List<String> lines() {
        return List.copyOf(lines);
    }

    /** Starts a runner, with properties as {@code --name=value}, and waits until it says that it is ready. */
    public static RunnerProcess start(List<String> properties) throws IOException {
        return start("512m", properties);
    }

    /** As {@link #start(List)}, with a heap of its own size, such as {@code 192m}. */
    public static RunnerProcess start(String heap, List<String> properties) throws IOException {
        return start(BeaconRunner.class, heap, Begins.QUICKLY, properties);
    }

    /** As {@link #start(List)}, by another main class. */
    static RunnerProcess start(Class<?> main, List<String> properties) throws IOException {
        return start(main, "512m", Begins.QUICKLY, properties);
    }

    /** As {@link #start(String, List)}, with both of the JVM's compilers, as a user runs it. */
    public static RunnerProcess startForLong(String heap, List<String> properties) throws IOException {
        return start(BeaconRunner.class, heap, Begins.SLOWLY, properties);
    }

    private static RunnerProcess start(Class<?> main, String heap, Begins begins, List<String> properties)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+ExitOnOutOfMemoryError", // As in the image.
                begins.equals(Begins.QUICKLY) ? "-XX:TieredStopAtLevel=1" : "-XX:+TieredCompilation",
                "-cp",
                main == BeaconRunner.class ? classPathOfTheService() : System.getProperty("java.class.path"),
                main.getName(),
                "--server.port=0"));
        command.addAll(properties);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
        Queue<String> lines = new ConcurrentLinkedQueue<>();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            lines.add(line);
            Matcher ready = READY.matcher(line);
            if (ready.find()) {
                // A read from a process holds the thread that carries a virtual one; two of them would stop all others.
                Thread.ofPlatform().daemon().start(() -> output.lines().forEach(lines::add));
                return new RunnerProcess(process, lines, ready.group(1));
            }
        }
        throw new IllegalStateException("The runner did not start:\n" + String.join("\n", lines));
    }

    /** Without the tests' own resources, which set its logging. */
    private static String classPathOfTheService() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** The bytes of heap in use after a full garbage collection. */
    public double liveHeap() throws IOException, InterruptedException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        int code = new ProcessBuilder(jcmd, Long.toString(process.pid()), "GC.run")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        if (code != 0) {
            throw new IllegalStateException("jcmd GC.run ended with " + code);
        }
        return metric("jvm_memory_used_bytes", "area=\"heap\"");
    }

    /** {@code kill -9}. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** The exit code of a process that ends by itself in time, 137 as after {@code kill -9}; empty when it lives on. */
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

    /** Sends SIGTERM, and returns whether the process ended in time. */
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
