package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.region.QuickestCalls;
import java.time.Duration;

/** Notes how long answers take, which tells how quick a region can be. A refusal, which needs no model, tells nothing. */
final class TimedClient implements InferenceClient {

    private final InferenceClient client;
    private final QuickestCalls quickest;

    TimedClient(InferenceClient client, QuickestCalls quickest) {
        this.client = client;
        this.quickest = quickest;
    }

    @Override
    public InferenceResult infer(InferenceRequest request) throws InterruptedException {
        long begun = System.nanoTime();
        InferenceResult result = client.infer(request);
        if (result instanceof Answer) {
            quickest.answered(request.region(), Duration.ofNanos(System.nanoTime() - begun));
        }
        return result;
    }
}
