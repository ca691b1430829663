package io.projectbeacon.runner.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;

/** Starts demonstrations, each in a process of its own that has the whole service on its class path. */
@Command(name = "demo", description = "Show what the service does in a crash, with servers of its own.")
final class DemoCommand {

    /** Where the clone is that the launcher runs in. */
    static final String CLONE = "beacon.clone";

    private static final String CRASH = "io.projectbeacon.runner.demo.CrashDemo";

    private final Path clone;

    DemoCommand() {
        this.clone = Path.of(System.getProperty(CLONE, ""));
    }

    @Command(
            name = "crash",
            description = {
                "Start PostgreSQL, Redis, a small provider and two runners in a temporary directory, kill -9 the runner",
                "that calls, and print the provider's list of calls beside the ledger. Takes about a minute."
            })
    int crash() throws IOException, InterruptedException {
        Path libraries = clone.resolve("target").resolve("demo.classpath");
        if (System.getProperty(CLONE) == null || !Files.exists(libraries)) {
            throw new CommandException(
                    ExitCode.REFUSED,
                    "beacon: the demo starts a PostgreSQL and a Redis that the jar does not have; run ./beacon demo crash in a"
                            + " clone, after ./mvnw -DskipTests package.");
        }
        Process demo = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        clone.resolve("target").resolve("classes")
                                + File.pathSeparator
                                + Files.readString(libraries).strip(),
                        CRASH)
                .inheritIO()
                .start();
        // Ctrl-C reaches both processes; this one waits until the other has stopped what it started.
        Runtime.getRuntime()
                .addShutdownHook(
                        Thread.ofPlatform().unstarted(() -> demo.onExit().join()));
        return demo.waitFor();
    }
}
