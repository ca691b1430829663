package io.projectbeacon.runner.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs a server's program to its end, with its output in a file: a server that goes on in the background would hold a
 * pipe open, and the pipe's reader would wait for it.
 *
 * @param user the user that it runs as
 * @param workingDirectory where it runs; that user owns it
 */
record ServerProgram(ServerUser user, Path workingDirectory) {

    /**
     * Runs the command.
     *
     * @param output the file for its output; an existing one is overwritten
     * @return its exit code
     * @throws CannotStartException if it cannot be run or takes longer than {@code atMost}
     */
    int run(List<String> command, Path output, Duration atMost) {
        ProcessBuilder builder = new ProcessBuilder(user.command(command))
                .directory(workingDirectory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        // The person's locale may not be installed here, and this code reads the servers' messages in English.
        builder.environment().put("LC_ALL", "C");
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw failed(command, "no end after " + atMost.toSeconds() + " s", output);
            }
            return process.exitValue();
        } catch (IOException e) {
            throw failed(command, String.valueOf(e.getMessage()), output);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(command, "interrupted", output);
        }
    }

    /** As {@link #run}, but any exit code other than 0 is a failure, too. */
    void mustRun(List<String> command, Path output, Duration atMost) {
        int code = run(command, output, atMost);
        if (code != 0) {
            throw failed(command, "exit code " + code + ": " + lastLine(output), output);
        }
    }

    /** The last line of a log that is not blank; empty if there is none. */
    static String lastLine(Path log) {
        return text(log).lines().filter(line -> !line.isBlank()).reduce("", (first, second) -> second);
    }

    /** A log's text; empty if it cannot be read. */
    static String text(Path log) {
        try {
            return Files.exists(log) ? new String(Files.readAllBytes(log), StandardCharsets.UTF_8) : "";
        } catch (IOException e) {
            return "";
        }
    }

    private static CannotStartException failed(List<String> command, String why, Path output) {
        return new CannotStartException(
                "%s failed (%s, see %s); set spring.datasource.url and spring.data.redis.url to use servers of your own."
                        .formatted(Path.of(command.getFirst()).getFileName(), why, output));
    }
}
