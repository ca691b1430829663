package io.projectbeacon.runner.security;

import io.projectbeacon.runner.arrival.GuardedProtocol;

/** HTTP/1.1 on both addresses of the loopback. Tomcat makes it by its name. */
public class LoopbackProtocol extends GuardedProtocol {

    public LoopbackProtocol() {
        super(new LoopbackEndpoint());
    }
}
