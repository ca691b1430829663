package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.inference.InferenceProperties;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

@ExtendWith(OutputCaptureExtension.class)
class ShutdownTimeoutTest {

    @Configuration(proxyBeanMethods = false)
    @EnableConfigurationProperties({InferenceProperties.class, WorkerProperties.class})
    @Import(ShutdownTimeout.class)
    static class Settings {}

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner().withUserConfiguration(Settings.class);

    @ParameterizedTest
    @CsvSource({"PT2M, beacon.worker.max-jobs=7", "PT45S, beacon.inference.call-timeout=45s"})
    void a_stop_waits_as_long_as_a_call_may_take_unless_told_otherwise(Duration expected, String setting) {
        runner.withPropertyValues(setting)
                .run(context -> assertThat(
                                context.getBean(ShutdownTimeout.class).value())
                        .isEqualTo(expected));
    }

    @Test
    void a_stop_that_waits_less_is_obeyed_and_the_log_says_what_it_costs(CapturedOutput output) {
        runner.withPropertyValues("beacon.worker.shutdown-timeout=30s").run(context -> {
            assertThat(context.getBean(ShutdownTimeout.class).value()).isEqualTo(Duration.ofSeconds(30));
            assertThat(output)
                    .contains("beacon.worker.shutdown-timeout (PT30S) is shorter than beacon.inference.call-timeout"
                            + " (PT2M): a stop interrupts the calls that take longer");
        });
    }

    @ParameterizedTest
    @CsvSource({
        "beacon.worker.shutdown-timeout=120s, beacon.worker.enabled=true",
        "beacon.worker.shutdown-timeout=10m, beacon.worker.enabled=true",
        "beacon.worker.shutdown-timeout=1s, beacon.worker.enabled=false",
    })
    void one_that_waits_long_enough_and_one_of_a_replica_without_calls_say_nothing(
            String one, String two, CapturedOutput output) {
        runner.withPropertyValues(one, two).run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(output).doesNotContain("shutdown-timeout");
        });
    }
}
