package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.ArrivalTimes;
import io.projectbeacon.runner.arrival.Arrivals;
import io.projectbeacon.runner.arrival.GuardedProtocol;
import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.arrival.MemoryShare;
import io.projectbeacon.runner.domain.ParameterNames;
import io.projectbeacon.runner.intake.RequestBodies;
import io.projectbeacon.runner.job.JobsProperties;
import io.projectbeacon.runner.jobspec.JobSpecReader;
import io.projectbeacon.runner.jobspec.KnownRegions;
import io.projectbeacon.runner.jobspec.Limits;
import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.region.Regions;
import org.apache.catalina.core.StandardHost;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

@Configuration(proxyBeanMethods = false)
class ApiConfiguration {

    private static final int MOST_OF_TRAILERS = 1024;

    /** One set of the buffers of a request is kept for the next one for each so many connections. */
    private static final int OF_A_KEPT_PROCESSOR = 8;

    /** A request that Tomcat itself refuses is answered with a problem document too. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> problemsOfTomcat() {
        return tomcat -> tomcat.addContextCustomizers(
                context -> ((StandardHost) context.getParent()).setErrorReportValveClass(ProblemValve.class.getName()));
    }

    @Bean
    Connections connections(Environment environment) {
        return Connections.of(environment);
    }

    /** Connections take little until their bytes come, and there are no more of them than the heap has room for. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> guardedConnections(
            Arrivals arrivals, Connections connections, Environment environment) {
        return tomcat -> {
            tomcat.setProtocol(GuardedProtocol.class.getName());
            tomcat.addConnectorCustomizers(connector -> {
                GuardedProtocol protocol = (GuardedProtocol) connector.getProtocolHandler();
                protocol.setMaxConnections(connections.most());
                protocol.setProcessorCache(connections.most() / OF_A_KEPT_PROCESSOR);
                if (!environment.containsProperty("server.tomcat.accept-count")) {
                    protocol.setAcceptCount(GuardedProtocol.MOST_TO_ACCEPT);
                }
                arrivals.guard(protocol);
            });
        };
    }

    /**
     * Requests that two readers could understand differently are refused, and every answer has the id of its request and tells
     * browsers to keep off it.
     */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> strictTomcat() {
        return tomcat -> {
            tomcat.addEngineValves(new RequestIdValve(), new SecurityHeadersValve());
            tomcat.addContextValves(new StrictHeadValve(), new EmptyErrorValve());
            tomcat.addConnectorCustomizers(connector -> {
                if (connector.getProtocolHandler() instanceof AbstractHttp11Protocol<?> http) {
                    // No client of this API has a use for chunk extensions, and readers differ about them.
                    http.setMaxExtensionSize(0);
                    // Nor for trailers: each connection would keep a buffer of this size for them.
                    http.setMaxTrailerSize(MOST_OF_TRAILERS);
                }
            });
        };
    }

    @Bean
    MemoryBudget memoryOfRequests(LimitsProperties limits, BeaconGauges gauges) {
        MemoryBudget budget = new MemoryBudget(limits.memoryBytes());
        showMemory("arriving", budget.arriving(), gauges);
        showMemory("reading", budget.reading(), gauges);
        return budget;
    }

    private static void showMemory(String part, MemoryShare share, BeaconGauges gauges) {
        gauges.requestMemory(part, share, MemoryShare::taken);
        gauges.requestMemoryLimit(part, share.size());
    }

    @Bean
    RequestBodies requestBodies(LimitsProperties limits) {
        return new RequestBodies(Math.toIntExact(limits.body().toBytes()));
    }

    @Bean
    Arrivals arrivals(LimitsProperties limits, MemoryBudget budget) {
        return new Arrivals(
                new ArrivalTimes(limits.arrivalTime(), limits.arrivalRate().toBytes(), limits.batchIdle()), budget);
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
                new Limits(limits.models(), limits.regions(), limits.cells(), limits.questions(), limits.nodes()),
                jobs.defaultPrompt(),
                parameters);
    }
}
