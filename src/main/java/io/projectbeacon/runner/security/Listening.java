package io.projectbeacon.runner.security;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;

/**
 * Decides where a port of the service is listened on, that of the API or one of its own for the actuator. Whoever may do
 * everything is reached from this machine only, unless an operator says otherwise.
 */
class Listening implements WebServerFactoryCustomizer<TomcatServletWebServerFactory>, Ordered {

    private static final Logger log = LoggerFactory.getLogger(Listening.class);

    private final Access access;
    private final AccessProperties properties;
    private final String addressProperty;

    /** @param addressProperty the property that an operator sets this port's address by */
    Listening(Access access, AccessProperties properties, String addressProperty) {
        this.access = access;
        this.properties = properties;
        this.addressProperty = addressProperty;
    }

    /** After Spring Boot has set the address that is configured. */
    @Override
    public int getOrder() {
        return LOWEST_PRECEDENCE;
    }

    @Override
    public void customize(TomcatServletWebServerFactory server) {
        InetAddress address = server.getAddress();
        if (!access.isOpen()) {
            log.info("Listening on {}; a request needs one of {}", described(address), access.summary());
        } else if (properties.open()) {
            log.warn(
                    "Listening on {} without keys, since beacon.security.open is true: whoever reaches the port may do"
                            + " everything",
                    described(address));
        } else if (address == null) {
            server.setAddress(LoopbackEndpoint.IPV4);
            server.setProtocol(LoopbackProtocol.class.getName());
            log.info("Listening on 127.0.0.1 and ::1 only, since no keys are configured (beacon.security.api-keys)");
        } else if (!address.isLoopbackAddress()) {
            throw new SecuritySettingsException(
                    "%s is %s, where others could run paid calls without a key: set beacon.security.api-keys or beacon.security.api-keys-file, or beacon.security.open=true to let whoever reaches the port do everything."
                            .formatted(addressProperty, address.getHostAddress()));
        }
    }

    private static String described(@Nullable InetAddress address) {
        return address == null ? "every address" : address.getHostAddress();
    }
}
