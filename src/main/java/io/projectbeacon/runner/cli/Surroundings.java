package io.projectbeacon.runner.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/** What a command has around it: the screen, the environment, standard input. */
record Surroundings(Screen screen, Map<String, String> environment, InputStream in) {

    Api api() {
        return new Api(environment);
    }

    /** The bytes of a file; {@code -} is standard input. */
    byte[] read(String file) {
        try {
            return file.equals("-") ? in.readAllBytes() : Files.readAllBytes(Path.of(file));
        } catch (NoSuchFileException missing) {
            throw new CommandException(ExitCode.REFUSED, "beacon: there is no file " + file + ".");
        } catch (IOException | RuntimeException unreadable) {
            throw new CommandException(ExitCode.REFUSED, "beacon: cannot read " + file + " (" + unreadable + ")");
        }
    }
}
