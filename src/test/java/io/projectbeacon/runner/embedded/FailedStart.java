package io.projectbeacon.runner.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.projectbeacon.runner.BeaconRunner;
import io.projectbeacon.runner.support.TestServers;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;

/** A start of the whole service that fails, and what a person sees of it. */
final class FailedStart {

    private FailedStart() {}

    /** Runs the whole service, which must not start. */
    static void run(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--spring.data.redis.url=" + TestServers.redisUrl()));
        all.addAll(List.of(arguments));

        Throwable failure = catchThrowable(() -> SpringApplication.run(BeaconRunner.class, all.toArray(String[]::new)));

        assertThat(failure).isNotNull();
    }

    /** The log has this as its only error, in one line and without a stack trace. */
    static void assertOneSentence(CapturedOutput output, String sentence) {
        assertThat(output.getAll().lines().filter(line -> line.contains("ERROR")))
                .as("the errors in the log")
                .singleElement()
                .asString()
                .contains(sentence);
        assertThat(output.getAll().lines())
                .noneMatch(line -> line.startsWith("\tat ") || line.contains("Exception encountered"));
    }
}
