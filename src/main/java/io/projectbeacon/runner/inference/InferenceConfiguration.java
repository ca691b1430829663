package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.net.URI;
import java.time.Clock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Chooses the client by {@code beacon.inference.provider}, and says at start-up what is in effect. */
@Configuration(proxyBeanMethods = false)
class InferenceConfiguration {

    private static final Logger log = LoggerFactory.getLogger(InferenceConfiguration.class);

    @Bean
    Regions regions(InferenceProperties inference, RegionsProperties properties) {
        return Regions.of(inference.provider(), properties);
    }

    @Bean
    RegionPace regionPace(InferenceProperties properties, Regions regions) {
        return new RegionPace(regions, properties.backoff(), Ticker.SYSTEM);
    }

    @Bean
    InferenceClient inferenceClient(
            @Qualifier("provider") InferenceClient provider,
            Regions regions,
            RegionPace pace,
            RegionBreakers breakers,
            BeaconMetrics metrics) {
        return new GuardedClient(provider, regions, pace, breakers, metrics);
    }

    @Bean
    RegionBreakers regionBreakers(Regions regions, BreakerProperties properties, BeaconGauges gauges) {
        return new RegionBreakers(regions, properties, gauges, Ticker.SYSTEM);
    }

    @Bean
    HealthIndicator regionsHealthIndicator(RegionBreakers breakers) {
        return new RegionsHealth(breakers);
    }

    /** A bean of its own, so that it is closed; nobody but the guard before it may call it. */
    @Bean(defaultCandidate = false)
    InferenceClient provider(InferenceProperties properties, Regions regions, ObjectProvider<Clock> clocks) {
        log.info(
                "Inference: provider={} call-timeout={} connect-timeout={} regions=[{}]",
                RegionChecks.word(properties.provider()),
                properties.callTimeout(),
                properties.connectTimeout(),
                regions.names().stream()
                        .map(name -> describe(name, regions.settings(name)))
                        .collect(Collectors.joining(", ")));
        Clock clock = clocks.getIfAvailable(Clock::systemUTC);
        return switch (properties.provider()) {
            case SIMULATED -> new SimulatedClient(properties.simulated());
            case OPENAI -> new HttpInferenceClient(properties, regions, new OpenAiProtocol(), clock);
            case HYBRID_ROUTER -> new HttpInferenceClient(properties, regions, new HybridRouterProtocol(), clock);
        };
    }

    private static String describe(String name, RegionsProperties.@Nullable Region settings) {
        URI url = settings == null ? null : settings.baseUrl();
        if (settings == null || url == null) {
            return name;
        }
        return name + " at " + url.getRawAuthority()
                + (settings.apiKey() == null ? " without a key" : " with key ****");
    }
}
