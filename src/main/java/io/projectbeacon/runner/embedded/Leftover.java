package io.projectbeacon.runner.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Finds the running server that a process id file names. A process id alone proves nothing: after a crash, and most of
 * all in a container, the number soon belongs to another program. So the process must also have been started with the
 * path that only our server was given.
 */
final class Leftover {

    private Leftover() {}

    /**
     * The live process named by the first line of {@code pidFile}, if it is our server.
     *
     * @param pidFile need not exist
     * @param argument the path that tells our server from any other
     * @param program our server's program, which no other process is started from
     */
    static Optional<ProcessHandle> find(Path pidFile, Path argument, Path program) throws IOException {
        try (var lines = Files.lines(pidFile)) {
            return lines.findFirst()
                    .map(String::strip)
                    .filter(line -> line.matches("\\d{1,18}"))
                    .flatMap(line -> ProcessHandle.of(Long.parseLong(line)))
                    .filter(process -> {
                        ProcessHandle.Info info = process.info();
                        return isOurs(info.arguments(), info.command(), argument, program);
                    });
        } catch (NoSuchFileException e) {
            // No check that the file exists: a server that is just ending may delete it between the check and the read.
            return Optional.empty();
        }
    }

    /** Windows does not tell the arguments of a process; its program, in the directory that we have locked, must do. */
    static boolean isOurs(Optional<String[]> arguments, Optional<String> command, Path argument, Path program) {
        return arguments
                .map(all -> Arrays.asList(all).contains(argument.toString()))
                .orElseGet(() -> command.filter(program.toString()::equals).isPresent());
    }
}
