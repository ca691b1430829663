package io.projectbeacon.runner.embedded;

import java.security.SecureRandom;
import java.util.HexFormat;

/** A random password for a server that listens on the loopback, which every local user can reach. */
final class Secret {

    private Secret() {}

    static String random() {
        byte[] bytes = new byte[24];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
