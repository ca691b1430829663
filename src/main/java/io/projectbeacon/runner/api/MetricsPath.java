package io.projectbeacon.runner.api;

import java.util.Map;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.web.HttpRequestHandler;
import org.springframework.web.servlet.handler.SimpleUrlHandlerMapping;

/**
 * Lets {@code /metrics}, the path of older scrape configurations, answer the same as the actuator's endpoint, on the port
 * that the actuator is on. Spring Boot reads this class by its name, for whichever port that is.
 */
class MetricsPath {

    @Bean
    SimpleUrlHandlerMapping metricsPath(WebEndpointProperties endpoints) {
        HttpRequestHandler forward =
                (request, response) -> request.getRequestDispatcher(endpoints.getBasePath() + "/prometheus")
                        .forward(request, response);
        return new SimpleUrlHandlerMapping(Map.of("/metrics", forward), Ordered.HIGHEST_PRECEDENCE);
    }
}
