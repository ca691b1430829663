package io.projectbeacon.runner.security;

import org.apache.coyote.http11.Http11NioProtocol;

/** HTTP/1.1 on both addresses of the loopback. Tomcat makes it by its name. */
public class LoopbackProtocol extends Http11NioProtocol {

    public LoopbackProtocol() {
        super(new LoopbackEndpoint());
    }
}
