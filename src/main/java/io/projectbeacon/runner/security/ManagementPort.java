package io.projectbeacon.runner.security;

import org.springframework.boot.actuate.autoconfigure.web.server.ConditionalOnManagementPort;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.context.annotation.Bean;

/**
 * Holds a port that the actuator has to itself ({@code management.server.port}) to the same rules of listening. Spring
 * Boot gives that port its filters, and reads this class by its name, so that it is no configuration of the service's own
 * context too.
 */
@ConditionalOnManagementPort(ManagementPortType.DIFFERENT)
class ManagementPort {

    @Bean
    Listening managementListening(Access access, AccessProperties properties) {
        return new Listening(access, properties, "management.server.address");
    }
}
