package io.projectbeacon.runner.inference;

import static io.projectbeacon.runner.inference.Fixtures.asking;
import static io.projectbeacon.runner.inference.Fixtures.request;
import static io.projectbeacon.runner.inference.Fixtures.tree;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.projectbeacon.runner.inference.InferenceProperties.Simulated;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimulatedClientTest {

    private static final int MANY = 2000;

    private static SimulatedClient client(String latency, double failureRate, long seed) {
        return new SimulatedClient(new Simulated(LatencyRange.of(latency), failureRate, seed));
    }

    private static List<InferenceResult> results(SimulatedClient client) throws InterruptedException {
        List<InferenceResult> results = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            results.add(client.infer(request("us-east", "model-" + i, "Who are you?")));
        }
        return results;
    }

    private static long failures(List<InferenceResult> results) {
        return results.stream().filter(RetryableFailure.class::isInstance).count();
    }

    @Test
    void anAnswerNamesItsModelRegionAndQuestion() throws Exception {
        assertThat(client("0ms", 0, 0).infer(request("eu-west", "llama", "Who are you?")))
                .isInstanceOfSatisfying(
                        Answer.class, a -> assertThat(a.response()).contains("llama", "eu-west", "Who are you?"));
    }

    @Test
    void theSameSeedEndsTheSameWayAndAnotherSeedDoesNot() throws Exception {
        List<InferenceResult> results = results(client("0ms", 0.5, 7));

        assertThat(results(client("0ms", 0.5, 7))).isEqualTo(results);
        assertThat(results(client("0ms", 0.5, 8))).isNotEqualTo(results);
    }

    @Test
    void theShareOfFailuresIsTheConfiguredOne() throws Exception {
        assertThat(failures(results(client("0ms", 0, 1)))).isZero();
        assertThat(failures(results(client("0ms", 1, 1)))).isEqualTo(MANY);
        assertThat(failures(results(client("0ms", 0.25, 1)))).isBetween(MANY / 5L, MANY * 3L / 10);
    }

    @Test
    void aFailureMayBeTriedAgainAndTheNextAttemptDrawsAnew() throws Exception {
        SimulatedClient client = client("0ms", 0.5, 1);
        List<Boolean> failed = new ArrayList<>();
        for (int attempt = 0; attempt < 64; attempt++) {
            var request =
                    new InferenceRequest("job-1", "us-east", "llama", asking("q"), "q", 0, null, attempt, tree("{}"));
            InferenceResult result = client.infer(request);
            failed.add(result instanceof RetryableFailure f
                    && f.code().equals("simulated_failure")
                    && Integer.valueOf(503).equals(f.httpStatus()));
        }
        assertThat(failed).contains(true, false);
    }

    @Test
    void aCallTakesAsLongAsConfigured() throws Exception {
        long start = System.nanoTime();
        client("60ms..80ms", 0, 0).infer(request("us-east", "llama", "q"));

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(60), Duration.ofSeconds(5));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0ms", "1h"})
    void anInterruptEndsTheCall(String latency) throws Exception {
        FutureTask<InferenceResult> call = new FutureTask<>(() -> {
            Thread.currentThread().interrupt();
            return client(latency, 0, 0).infer(request("us-east", "llama", "q"));
        });
        Thread caller = Thread.ofVirtual().start(call);

        assertThat(caller.join(Duration.ofSeconds(5))).isTrue();
        assertThatThrownBy(call::get).hasCauseInstanceOf(InterruptedException.class);
    }
}
