package io.projectbeacon.runner.embedded;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Says how to take another web port; Spring Boot's own analysis doesn't. */
@Order(Ordered.HIGHEST_PRECEDENCE)
class PortTakenFailureAnalyzer extends AbstractFailureAnalyzer<PortInUseException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, PortInUseException cause) {
        String other = "--server.port=" + (cause.getPort() + 1);
        return new FailureAnalysis(
                "Port %d is taken; stop what listens there, or start with %s (./mvnw spring-boot:run -Dspring-boot.run.arguments=%s)."
                        .formatted(cause.getPort(), other, other),
                null,
                cause);
    }
}
