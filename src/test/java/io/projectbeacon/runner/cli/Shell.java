package io.projectbeacon.runner.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/** Runs commands in this JVM, with output that is no terminal. */
record Shell(Map<String, String> environment) {

    /** What a command has printed, and its exit code. */
    record Ended(int code, byte[] bytes, String err) {

        String out() {
            return new String(bytes, UTF_8);
        }

        List<String> lines() {
            return out().lines().toList();
        }
    }

    static Shell at(String url, String key) {
        return new Shell(Map.of("BEACON_URL", url, "BEACON_KEY", key));
    }

    Ended run(String... arguments) {
        return withInput("", arguments);
    }

    Ended withInput(String input, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = BeaconCommand.run(
                arguments,
                environment,
                new ByteArrayInputStream(input.getBytes(UTF_8)),
                new PrintStream(out, true, UTF_8),
                new PrintStream(err, true, UTF_8));
        return new Ended(code, out.toByteArray(), err.toString(UTF_8));
    }
}
