package io.projectbeacon.runner.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** The one address the embedded servers listen on. */
final class Loopback {

    static final String ADDRESS = "127.0.0.1";

    private Loopback() {}

    /** A port that was free a moment ago; the caller must be ready to try another one. */
    static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getByName(ADDRESS))) {
            return probe.getLocalPort();
        }
    }
}
