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
     * The live process named by the first line of {@code pidFile}, if {@code argument} is one of its arguments.
     *
     * @param pidFile need not exist
     * @param argument the path that tells our server from any other
     */
    static Optional<ProcessHandle> find(Path pidFile, Path argument) throws IOException {
        try (var lines = Files.lines(pidFile)) {
            return lines.findFirst()
                    .map(String::strip)
                    .filter(line -> line.matches("\\d{1,18}"))
                    .flatMap(line -> ProcessHandle.of(Long.parseLong(line)))
                    .filter(process -> process.info().arguments().stream()
                            .flatMap(Arrays::stream)
                            .anyMatch(argument.toString()::equals));
        } catch (NoSuchFileException e) {
            // No check that the file exists: a server that is just ending may delete it between the check and the read.
            return Optional.empty();
        }
    }
}
