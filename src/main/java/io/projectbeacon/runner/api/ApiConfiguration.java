package io.projectbeacon.runner.api;

import io.projectbeacon.runner.domain.ParameterNames;
import io.projectbeacon.runner.job.JobsProperties;
import io.projectbeacon.runner.jobspec.JobSpecReader;
import io.projectbeacon.runner.jobspec.KnownRegions;
import io.projectbeacon.runner.jobspec.Limits;
import io.projectbeacon.runner.region.Regions;
import org.apache.catalina.core.StandardHost;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.servlet.config.annotation.ViewControllerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

@Configuration(proxyBeanMethods = false)
class ApiConfiguration implements WebMvcConfigurer {

    /** {@code /metrics}, the path of older scrape configurations, answers the same as the actuator's endpoint. */
    @Override
    public void addViewControllers(ViewControllerRegistry registry) {
        registry.addViewController("/metrics").setViewName("forward:/actuator/prometheus");
    }

    /** A request that Tomcat itself refuses is answered with a problem document too. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> problemsOfTomcat() {
        return tomcat -> tomcat.addContextCustomizers(
                context -> ((StandardHost) context.getParent()).setErrorReportValveClass(ProblemValve.class.getName()));
    }

    /** Requests that two readers could understand differently are refused, and every answer tells browsers to keep off it. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> strictTomcat() {
        return tomcat -> {
            tomcat.addEngineValves(new SecurityHeadersValve());
            tomcat.addContextValves(new StrictHeadValve(), new EmptyErrorValve());
            tomcat.addConnectorCustomizers(connector -> {
                if (connector.getProtocolHandler() instanceof AbstractHttp11Protocol<?> http) {
                    // No client of this API has a use for chunk extensions, and readers differ about them.
                    http.setMaxExtensionSize(0);
                }
            });
        };
    }

    @Bean
    KnownRegions knownRegions(Regions regions) {
        return KnownRegions.of(regions.aliases());
    }

    @Bean
    JobSpecReader jobSpecReader(
            KnownRegions regions, LimitsProperties limits, JobsProperties jobs, ParameterNames parameters) {
        return new JobSpecReader(
                regions,
                new Limits(limits.models(), limits.regions(), limits.cells(), limits.questions()),
                jobs.defaultPrompt(),
                parameters);
    }
}
