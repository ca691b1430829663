package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.GuardedProtocol;
import org.springframework.core.env.Environment;

/**
 * How many connections there may be on the API's port.
 *
 * @param most as set, or as many as the heap has room for
 */
record Connections(int most) {

    static Connections of(Environment environment) {
        int set = environment.getProperty("server.tomcat.max-connections", Integer.class, 0);
        return new Connections(
                set > 0
                        ? set
                        : GuardedProtocol.connectionsFor(Runtime.getRuntime().maxMemory()));
    }
}
