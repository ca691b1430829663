package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerProcess;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * An update of the service as its calls see it: a process that gets SIGTERM in the middle of long calls, and another
 * runner, which would take the jobs over. {@code -Dstop.seconds=60} has the calls go on for longer after the signal.
 */
class StopTest {

    private static final Duration AFTER_THE_SIGNAL = Duration.ofSeconds(Long.getLong("stop.seconds", 4));
    private static final int PLACES = 4;
    private static final int JOBS = 2;
    private static final int MODELS = 4;
    private static final int TERMINATED = 128 + 15;

    private final String database = TestServers.newDatabase();
    private final String redis = TestServers.newRedisUrl();

    @Test
    void a_process_that_is_told_to_stop_lets_its_calls_end_and_another_runner_calls_none_of_them_again()
            throws Exception {
        try (FakeProvider provider = FakeProvider.start();
                RunnerProcess one = start(provider)) {
            provider.hold("us-east");
            for (int job = 0; job < JOBS; job++) {
                assertThat(one.submit("""
                        {"id": "job-%d", "models": ["a", "b", "c", "d"], "regions": ["us-east"]}\
                        """.formatted(job)).status()).isEqualTo(202);
            }
            await().atMost(Duration.ofSeconds(30)).until(() -> provider.calls().size() == PLACES);
            try (RunnerProcess two = start(provider)) {
                one.signal("TERM");
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> one.lines().stream().anyMatch(line -> line.contains("waiting up to PT5M")));
                await().during(AFTER_THE_SIGNAL)
                        .atMost(AFTER_THE_SIGNAL.plusSeconds(10))
                        .until(() -> provider.callsTo("us-east").stream().noneMatch(call -> call.end() != null));
                provider.release("us-east");
                assertThat(one.exitCode(Duration.ofSeconds(60)))
                        .as(() -> String.join("\n", one.lines()))
                        .hasValue(TERMINATED);

                for (int job = 0; job < JOBS; job++) {
                    assertThat(two.ended("job-" + job).path("status").asString())
                            .isEqualTo("completed");
                    assertThat(two.cells("job-" + job).values())
                            .allSatisfy(cell ->
                                    assertThat(cell.path("attempts").size()).isEqualTo(1));
                }
                assertThat(provider.calls().stream()
                                .collect(Collectors.groupingBy(
                                        FakeProvider.Call::idempotencyKey, Collectors.counting())))
                        .hasSize(JOBS * MODELS)
                        .allSatisfy((cell, calls) -> assertThat(calls).isEqualTo(1));
            }
        }
    }

    private RunnerProcess start(FakeProvider provider) throws Exception {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--spring.datasource.url=" + database);
        properties.add("--spring.data.redis.url=" + redis);
        properties.add("--beacon.regions.us-east.max-in-flight=" + PLACES);
        properties.add("--beacon.inference.call-timeout=5m");
        // Far shorter than a call: one that nobody renews would be another runner's before the call has ended.
        properties.add("--beacon.lock.ttl=1s");
        return RunnerProcess.start(properties);
    }
}
