package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.domain.ParameterNames;
import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.domain.ProviderName;
import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.region.BaseUrl;
import io.projectbeacon.runner.region.QuickestCalls;
import io.projectbeacon.runner.region.RegionBreakers;
import io.projectbeacon.runner.region.RegionPace;
import io.projectbeacon.runner.region.RegionPauses;
import io.projectbeacon.runner.region.Regions;
import io.projectbeacon.runner.region.RegionsProperties;
import java.time.Clock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Chooses the client by {@code beacon.inference.provider}, and logs the settings in effect at start-up. */
@Configuration(proxyBeanMethods = false)
class InferenceConfiguration {

    private static final Logger log = LoggerFactory.getLogger(InferenceConfiguration.class);

    @Bean
    Regions regions(InferenceProperties inference, RegionsProperties properties) {
        return Regions.of(inference.provider(), properties);
    }

    @Bean
    ProviderName providerName(InferenceProperties properties) {
        return new ProviderName(properties.provider().propertyName());
    }

    @Bean
    ParameterNames parameterNames(InferenceProperties properties) {
        return ParameterNames.knownAnd(properties.parameters());
    }

    @Bean
    InferenceClient inferenceClient(
            @Qualifier("provider") InferenceClient provider,
            Regions regions,
            RegionPace pace,
            RegionPauses pauses,
            RegionBreakers breakers,
            BeaconMetrics metrics,
            QuickestCalls quickest,
            OpenCalls open) {
        InferenceClient counted = open.counting(new TimedClient(provider, quickest));
        return new BreakerClient(counted, regions, pace, pauses, breakers, metrics);
    }

    @Bean
    OpenCalls openCalls(Regions regions, BeaconGauges gauges) {
        return new OpenCalls(regions, gauges);
    }

    @Bean
    QuickestCalls quickestCalls(InferenceProperties properties) {
        return properties.provider() == Provider.SIMULATED
                ? QuickestCalls.configured(properties.simulated().latency().min())
                : QuickestCalls.measured();
    }

    /** A bean of its own, so that Spring closes it; only the {@link BreakerClient} that wraps it may call it. */
    @Bean(defaultCandidate = false)
    InferenceClient provider(
            InferenceProperties properties, Regions regions, RegionPauses pauses, ObjectProvider<Clock> clocks) {
        log.info(
                "Inference: provider={} call-timeout={} connect-timeout={} regions=[{}]",
                properties.provider().propertyName(),
                properties.callTimeout(),
                properties.connectTimeout(),
                regions.names().stream()
                        .map(name -> describe(name, regions.settings(name)))
                        .collect(Collectors.joining(", ")));
        Clock clock = clocks.getIfAvailable(Clock::systemUTC);
        return switch (properties.provider()) {
            case SIMULATED -> new SimulatedClient(properties.simulated());
            case OPENAI ->
                new HttpInferenceClient(properties, regions, new OpenAiProtocol(), clock, pauses::letsCallsBegin);
            case HYBRID_ROUTER ->
                new HttpInferenceClient(properties, regions, new HybridRouterProtocol(), clock, pauses::letsCallsBegin);
        };
    }

    private static String describe(String name, RegionsProperties.@Nullable Region settings) {
        BaseUrl url = settings == null ? null : settings.url();
        if (settings == null || url == null) {
            return name;
        }
        boolean keyless = settings.apiKey() == null && settings.apiKeyFile() == null;
        String missing = settings.auth() == RegionsProperties.Auth.NONE
                ? " without a key"
                : " without a key (%1$s or %1$sFILE)".formatted(Regions.keyVariable(name));
        return name + " at " + url.authority() + (keyless ? missing : " with key ****");
    }
}
