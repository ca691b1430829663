package io.projectbeacon.runner.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.inference.InferenceProperties;
import io.projectbeacon.runner.job.JobsProperties;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

class NestedTimeoutsTest {

    @Configuration(proxyBeanMethods = false)
    @EnableConfigurationProperties({InferenceProperties.class, JobsProperties.class})
    @Import(NestedTimeouts.class)
    static class Settings {}

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner().withUserConfiguration(Settings.class);

    @ParameterizedTest
    @CsvSource({
        "beacon.inference.call-timeout=20m",
        "beacon.inference.call-timeout=601s",
    })
    void a_call_that_is_asked_to_take_longer_than_its_job_stops_the_start(String setting) {
        runner.withPropertyValues(setting)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOfSatisfying(
                                InvalidConfigurationPropertyValueException.class,
                                failure -> assertThat(failure.getName()).isEqualTo("beacon.inference.call-timeout"))
                        .hasMessageContaining("beacon.jobs.default-timeout"));
    }

    @ParameterizedTest
    @CsvSource({
        "beacon.inference.call-timeout=10m, beacon.jobs.default-timeout=10m",
        "beacon.inference.call-timeout=20m, beacon.jobs.default-timeout=1h",
        "beacon.inference.max-attempts=1, beacon.jobs.default-timeout=1s",
    })
    void one_that_fits_and_one_that_is_only_a_default_do_not(String one, String two) {
        runner.withPropertyValues(one, two).run(context -> assertThat(context).hasNotFailed());
    }
}
