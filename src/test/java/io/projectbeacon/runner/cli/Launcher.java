package io.projectbeacon.runner.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs {@code ./beacon} as a user does. */
final class Launcher {

    private Launcher() {}

    static Process start(String url, String key, String... arguments) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(Path.of("beacon").toAbsolutePath().toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder process = new ProcessBuilder(command);
        process.environment().put("BEACON_URL", url);
        process.environment().put("BEACON_KEY", key);
        return process.start();
    }

    static String read(InputStream stream) {
        try {
            return new String(stream.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
