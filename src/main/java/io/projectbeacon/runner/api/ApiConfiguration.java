package io.projectbeacon.runner.api;

import io.projectbeacon.runner.domain.ParameterNames;
import io.projectbeacon.runner.job.JobsProperties;
import io.projectbeacon.runner.jobspec.JobSpecReader;
import io.projectbeacon.runner.jobspec.KnownRegions;
import io.projectbeacon.runner.jobspec.Limits;
import io.projectbeacon.runner.region.Regions;
import org.apache.catalina.core.StandardHost;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class ApiConfiguration {

    /** A request that Tomcat itself refuses is answered with a problem document too. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> problemsOfTomcat() {
        return tomcat -> tomcat.addContextCustomizers(
                context -> ((StandardHost) context.getParent()).setErrorReportValveClass(ProblemValve.class.getName()));
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
