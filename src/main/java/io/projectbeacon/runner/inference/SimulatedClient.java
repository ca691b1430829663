package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.Told;
import java.time.Duration;

/**
 * Makes answers up. How long a call takes and whether it fails follow from the seed and the request alone, not from
 * shared random state: so a call's result does not depend on the order of calls, and no two calls wait for each other.
 */
final class SimulatedClient implements InferenceClient {

    private static final int SERVICE_UNAVAILABLE = 503;
    private static final int CHARACTERS_A_TOKEN = 4;

    private final long minNanos;
    private final long spreadNanos;
    private final double failureRate;
    private final long seed;

    SimulatedClient(InferenceProperties.Simulated settings) {
        this.minNanos = settings.latency().min().toNanos();
        this.spreadNanos = settings.latency().max().toNanos() - minNanos;
        this.failureRate = settings.failureRate();
        this.seed = settings.seed();
    }

    @Override
    public InferenceResult infer(InferenceRequest request) throws InterruptedException {
        long random = draw(request);
        pause(fraction(random));
        if (fraction(mix(random)) < failureRate) {
            return new RetryableFailure(
                    "simulated_failure",
                    "simulated failure, as beacon.inference.simulated.failure-rate asks for",
                    SERVICE_UNAVAILABLE,
                    null,
                    Told.OUTCOME); // A verdict: the next attempt has another key, and so another chance.
        }
        String answer = ProviderText.valid(
                "Simulated answer of " + request.modelId() + " in " + request.region() + " to: " + request.question());
        return new Answer(answer, tokens(request.question()), tokens(answer));
    }

    private void pause(double place) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted before the call began");
        }
        long nanos = minNanos + (long) (place * spreadNanos);
        if (nanos > 0) {
            Thread.sleep(Duration.ofNanos(nanos));
        }
    }

    private long draw(InferenceRequest request) {
        long hash = mix(seed);
        hash = mix(hash ^ request.jobspecId().hashCode());
        hash = mix(hash ^ request.region().hashCode());
        hash = mix(hash ^ request.modelId().hashCode());
        hash = mix(hash ^ request.question().hashCode());
        hash = mix(hash ^ request.questionNumber());
        return mix(hash ^ request.keyNumber());
    }

    /** SplitMix64's step: spreads each input bit over all 64. */
    private static long mix(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** From 0 up to, not including, 1. */
    private static double fraction(long random) {
        return (random >>> 11) * 0x1.0p-53;
    }

    private static int tokens(String text) {
        return (text.length() + CHARACTERS_A_TOKEN - 1) / CHARACTERS_A_TOKEN;
    }
}
