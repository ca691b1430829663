package io.projectbeacon.runner.support;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Free ports for servers that are stopped and started again. All lie below those that Linux gives to outgoing connections:
 * one of these would take the port of a server that is down.
 */
public final class Ports {

    private static final int FIRST = 10_000;
    private static final int LAST = 22_000;

    /** The bus port of a Redis in a cluster lies so far above its own. */
    private static final int BUS = 10_000;

    private Ports() {}

    public static int free() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
            if (isFree(port) && isFree(port + BUS)) {
                return port;
            }
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}
