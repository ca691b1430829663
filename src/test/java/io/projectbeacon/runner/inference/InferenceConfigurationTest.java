package io.projectbeacon.runner.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.projectbeacon.runner.domain.ParameterNames;
import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.metrics.Metrics;
import io.projectbeacon.runner.region.BackoffProperties;
import io.projectbeacon.runner.region.RegionLimits;
import io.projectbeacon.runner.region.RegionRoom;
import io.projectbeacon.runner.region.Regions;
import io.projectbeacon.runner.support.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** The properties are bound and choose the client, and combinations of them that cannot work stop the start. */
class InferenceConfigurationTest {

    @Configuration(proxyBeanMethods = false)
    @ConfigurationPropertiesScan(basePackageClasses = {InferenceProperties.class, Regions.class})
    static class Properties {

        @Bean
        BeaconMetrics metrics() {
            return Metrics.in(new SimpleMeterRegistry());
        }

        @Bean
        BeaconGauges gauges() {
            return Metrics.gauges(new SimpleMeterRegistry());
        }

        @Bean
        RegionLimits limits(Regions regions, BeaconMetrics metrics, BeaconGauges gauges) {
            return RegionRoom.limits(regions, metrics, gauges);
        }
    }

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withUserConfiguration(Properties.class, RegionRoom.CONFIGURATION, InferenceConfiguration.class);

    @Test
    void theDefaultsAreThoseOfTheContract() {
        runner.run(context -> {
            InferenceProperties properties = context.getBean(InferenceProperties.class);
            assertThat(properties.provider()).isEqualTo(Provider.SIMULATED);
            assertThat(properties.callTimeout()).isEqualTo(Duration.ofSeconds(120));
            assertThat(properties.connectTimeout()).isEqualTo(Duration.ofSeconds(5));
            assertThat(properties.maxAttempts()).isEqualTo(3);
            assertThat(context.getBean(BackoffProperties.class))
                    .isEqualTo(new BackoffProperties(Duration.ofSeconds(1), Duration.ofSeconds(60)));
            assertThat(properties.simulated().latency()).isEqualTo(LatencyRange.of("200ms..800ms"));
            assertThat(properties.simulated().failureRate()).isZero();
            assertThat(context.getBean(RegionRoom.BREAKER_PROPERTIES))
                    .isEqualTo(RegionRoom.breakerProperties(50, 20, Duration.ofSeconds(10), 3));
            assertThat(context.getBean("provider")).isInstanceOf(SimulatedClient.class);
            assertThat(context.getBean(InferenceClient.class)).isInstanceOf(BreakerClient.class);
        });
    }

    @Test
    void furtherParametersAreThoseOfTheConfiguration() {
        runner.withPropertyValues("beacon.inference.parameters=enable_thinking,typical_p")
                .run(context -> {
                    ParameterNames names = context.getBean(ParameterNames.class);
                    assertThat(names.contains("enable_thinking")).isTrue();
                    assertThat(names.contains("temperature")).isTrue();
                    assertThat(names.contains("fallbacks")).isFalse();
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "models",
                "fallbacks",
                "route",
                "extra_body",
                "extra_headers",
                "headers",
                "api_base",
                "base_url",
                "api_key",
                "num_retries",
                "best_of",
                "n",
                "stream",
                "model",
                "messages",
                "prompt",
                "region_preference"
            })
    void aParameterThatWouldMakeAnotherCallStopsTheStart(String name) {
        runner.withPropertyValues("beacon.inference.parameters=typical_p," + name)
                .run(context -> {
                    assertThat(context).hasFailed();
                    assertThat(messages(context.getStartupFailure()))
                            .contains("beacon.inference.parameters", '"' + name + "\" can never be a parameter");
                });
    }

    @ParameterizedTest
    @CsvSource({"openai, OPENAI", "hybrid-router, HYBRID_ROUTER"})
    void aRealProviderIsCalledOverHttp(String word, Provider provider) {
        runner.withPropertyValues(
                        "beacon.inference.provider=" + word,
                        "beacon.regions.us-east.base-url=http://localhost:1/v1",
                        "beacon.regions.us-east.max-in-flight=7",
                        "beacon.inference.simulated.latency=0ms")
                .run(context -> {
                    assertThat(context.getBean(InferenceProperties.class).provider())
                            .isEqualTo(provider);
                    assertThat(context.getBean("provider")).isInstanceOf(HttpInferenceClient.class);
                    assertThat(context.getBean(InferenceClient.class)).isInstanceOf(BreakerClient.class);
                    assertThat(context.getBean(Regions.class).names()).containsExactly("us-east");
                    assertThat(context.getBean(Regions.class).maxInFlight("us-east"))
                            .isEqualTo(7);
                });
    }

    @Test
    void theStartSaysWhatIsInEffectAndKeepsTheKeySecret() {
        try (Console console = new Console()) {
            runner.withPropertyValues(
                            "beacon.inference.provider=openai",
                            "beacon.inference.call-timeout=90s",
                            "beacon.regions.us-east.base-url=https://models.example:8443/v1",
                            "beacon.regions.us-east.api-key=" + Fixtures.KEY,
                            "beacon.regions.eu-west.base-url=https://eu.example/v1")
                    .run(context -> assertThat(console.lines(""))
                            .noneMatch(line -> line.contains(Fixtures.KEY))
                            .singleElement(STRING)
                            .contains("provider=openai call-timeout=PT1M30S connect-timeout=PT5S")
                            .contains("us-east at models.example:8443 with key ****")
                            .contains("eu-west at eu.example without a key (BEACON_REGIONS_EUWEST_APIKEY or"
                                    + " BEACON_REGIONS_EUWEST_APIKEYFILE)"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "beacon.inference.connect-timeout=121s | beacon.inference.connect-timeout",
                "beacon.inference.call-timeout=4s | beacon.inference.connect-timeout",
                "beacon.inference.call-timeout=0s | beacon.inference.call-timeout",
                "beacon.inference.connect-timeout=-1s | beacon.inference.connect-timeout",
                "beacon.inference.max-attempts=0 | maxAttempts",
                "beacon.inference.backoff.initial=61s | beacon.inference.backoff.initial",
                "beacon.inference.backoff.initial=-1s | beacon.inference.backoff.initial",
                "beacon.inference.breaker.failure-rate=0 | failureRate",
                "beacon.inference.breaker.failure-rate=101 | failureRate",
                "beacon.inference.breaker.window=0 | window",
                "beacon.inference.breaker.trial-calls=0 | trialCalls",
                "beacon.inference.breaker.open-for=0s | beacon.inference.breaker.open-for",
                "beacon.inference.simulated.latency=2s..1s | beacon.inference.simulated.latency",
                "beacon.inference.simulated.failure-rate=1.1 | simulated.failureRate",
                "beacon.inference.simulated.failure-rate=-0.1 | simulated.failureRate",
                "beacon.inference.provider=openai | beacon.inference.provider",
                "beacon.inference.provider=hybrid-router | beacon.inference.provider",
                "beacon.regions.us-east.max-in-flight=0 | maxInFlight",
                "beacon.regions.us-east.max-in-flight-total=0 | maxInFlightTotal",
                "beacon.regions.eu-west.aliases=us | beacon.regions.eu-west.aliases",
                "beacon.regions.moon.aliases=Apac | beacon.regions.moon.aliases",
                "beacon.regions.moon.aliases=US-EAST | beacon.regions.moon.aliases",
                "beacon.regions.moon.aliases=a\u200bb | beacon.regions.moon.aliases",
                "beacon.regions.[mo\u202eon].max-in-flight=1 | beacon.regions",
                "beacon.regions.us-east.base-url=http://{model}.example/v1 | beacon.regions.us-east.base-url",
                "beacon.regions.us-east.base-url=ftp://x/v1 | beacon.regions.us-east.base-url",
                "beacon.regions.us-east.base-url=models.example/v1 | beacon.regions.us-east.base-url",
                "beacon.regions.us-east.base-url=http://u:p@x/v1 | beacon.regions.us-east.base-url",
                "beacon.regions.us-east.base-url=http://x:70000/v1 | beacon.regions.us-east.base-url",
                "beacon.regions.us-east.base-url=http://x/v1#part | beacon.regions.us-east.base-url",
                "beacon.regions.us-east.api-key-file=/does/not/exist | beacon.regions.us-east.api-key-file",
                "beacon.regions.us-east.headers.X-A=a\u0007b | beacon.regions.us-east.headers",
                "beacon.regions.us-east.headers.Idempotency-Key=mine | beacon.regions.us-east.headers",
                "beacon.regions.us-east.auth=basic | beacon.regions.us-east.auth",
                "beacon.inference.ambiguous-statuses=200 | beacon.inference.ambiguous-statuses",
            })
    void anImpossibleValueStopsTheStartAndNamesItsProperty(String setting, String named) {
        runner.withPropertyValues(setting)
                .run(context -> assertThat(context)
                        .hasFailed()
                        .getFailure()
                        .rootCause()
                        .satisfies(cause -> assertThat(messages(context.getStartupFailure()))
                                .contains(named)));
    }

    @ParameterizedTest
    @CsvSource({"openai, beacon.regions.moon.max-in-flight=5", "hybrid-router, beacon.regions.moon.max-in-flight=5"})
    void aRegionThatARealProviderCannotCallStopsTheStart(String provider, String setting) {
        runner.withPropertyValues(
                        "beacon.inference.provider=" + provider,
                        "beacon.regions.us-east.base-url=http://localhost:1/v1",
                        setting)
                .run(context -> {
                    assertThat(context).hasFailed();
                    assertThat(messages(context.getStartupFailure()))
                            .contains("beacon.regions.moon.base-url", "BEACON_REGIONS_MOON_BASEURL");
                });
    }

    @Test
    void aKeyThatCannotBeSentStopsTheStartWithoutBeingShown() {
        runner.withPropertyValues("beacon.regions.us-east.api-key=sk-secret\nX-Evil: 1")
                .run(context -> {
                    assertThat(context).hasFailed();
                    assertThat(messages(context.getStartupFailure()))
                            .contains("beacon.regions.us-east.api-key")
                            .doesNotContain("sk-secret");
                });
    }

    @Test
    void anEnvironmentVariableReachesARegionWithADashInItsName() {
        Map<String, Object> environment = Map.of(
                "BEACON_REGIONS_USEAST_BASEURL",
                "http://localhost:1/v1",
                "BEACON_REGIONS_EUNORTH_APIKEY",
                Fixtures.KEY);
        runner.withInitializer(context -> context.getEnvironment()
                        .getPropertySources()
                        .addFirst(new SystemEnvironmentPropertySource("x-systemEnvironment", environment)))
                .withPropertyValues(
                        "beacon.inference.provider=openai", "beacon.regions.eu-north.base-url=http://localhost:2/v1")
                .run(context -> {
                    Regions regions = context.getBean(Regions.class);
                    assertThat(regions.names()).isEqualTo(Set.of("us-east", "eu-north"));
                    assertThat(regions.settings("eu-north").apiKey()).isEqualTo(Fixtures.KEY);
                });
    }

    @Test
    void theVariablesThatTheLogNamesAreReallyBound(@TempDir Path folder) throws IOException {
        Path key = Files.writeString(folder.resolve("asia-pacific"), Fixtures.KEY);
        runner.withInitializer(context -> context.getEnvironment()
                        .getPropertySources()
                        .addFirst(new SystemEnvironmentPropertySource(
                                "x-systemEnvironment",
                                Map.of(
                                        "BEACON_REGIONS_ASIAPACIFIC_BASEURL",
                                        "http://localhost:1/v1",
                                        Regions.keyVariable("asia-pacific") + "FILE",
                                        key.toString()))))
                .withPropertyValues("beacon.inference.provider=openai")
                .run(context -> assertThat(context.getBean(Regions.class)
                                .settings("asia-pacific")
                                .apiKeyFile())
                        .isEqualTo(key));
    }

    private static String messages(Throwable failure) {
        StringBuilder all = new StringBuilder();
        for (Throwable at = failure; at != null; at = at.getCause()) {
            all.append(at.getMessage()).append('\n');
        }
        return all.toString();
    }
}
