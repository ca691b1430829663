package io.projectbeacon.runner.security;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Keys as the command prints them. */
final class Keys {

    /**
     * A key and its line.
     *
     * @param header the header that carries it
     */
    record Key(String secret, String line, String header) {}

    private Keys() {}

    static Key draw(String caller, String roles) {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        NewKey.run(
                new String[] {NewKey.COMMAND, "--caller=" + caller, "--roles=" + roles},
                new PrintStream(printed, true),
                System.err);
        List<String> lines = printed.toString().lines().map(String::strip).toList();
        return new Key(lines.get(1), lines.get(3), "Authorization: Bearer " + lines.get(1));
    }

    /** The properties that put keys into force. */
    static List<String> properties(Key... keys) {
        List<String> properties = new ArrayList<>();
        for (int at = 0; at < keys.length; at++) {
            properties.add("--beacon.security.api-keys[%d]=%s".formatted(at, keys[at].line()));
        }
        return properties;
    }
}
