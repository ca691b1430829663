package io.projectbeacon.runner.support;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Assumptions;

/** Programs that a check needs and that are not part of the build. */
public final class Tools {

    private Tools() {}

    /** Skips the test, and says so, where the program is not installed. */
    public static void assumeInstalled(String program) {
        boolean installed = false;
        for (String folder : System.getenv("PATH").split(":")) {
            installed |= Files.isExecutable(Path.of(folder, program));
        }
        Assumptions.assumeTrue(
                installed, () -> program + " is not installed: this check is skipped (.ci/install-tools installs it)");
    }

    /** Runs a program to its end, and returns what it printed on both its outputs. */
    public static String run(String input, String... command)
            throws IOException, InterruptedException, ExecutionException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        CompletableFuture<String> output = CompletableFuture.supplyAsync(() -> {
            try {
                return new String(process.getInputStream().readAllBytes(), UTF_8);
            } catch (IOException e) {
                return e.toString();
            }
        });
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(UTF_8));
        }
        process.waitFor();
        return output.get();
    }
}
