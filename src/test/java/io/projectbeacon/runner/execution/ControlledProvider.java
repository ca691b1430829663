package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.inference.InferenceClient;
import io.projectbeacon.runner.inference.InferenceRequest;
import io.projectbeacon.runner.inference.InferenceResult;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Keeps every call waiting until the test says how it ends. */
final class ControlledProvider implements InferenceClient {

    /** A call that is under way. */
    record Call(InferenceRequest request, CompletableFuture<InferenceResult> end) {

        void answer(String text) {
            end.complete(new InferenceResult.Answer(text, null, null));
        }

        void fail(InferenceResult.Failure failure) {
            end.complete(failure);
        }
    }

    private final BlockingQueue<Call> arrivals = new LinkedBlockingQueue<>();
    private final List<InferenceRequest> all = new CopyOnWriteArrayList<>();

    @Override
    public InferenceResult infer(InferenceRequest request) throws InterruptedException {
        Call call = new Call(request, new CompletableFuture<>());
        all.add(request);
        arrivals.add(call);
        try {
            return call.end().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits for the next call. */
    Call next() throws InterruptedException {
        Call call = arrivals.poll(20, TimeUnit.SECONDS);
        if (call == null) {
            throw new AssertionError("no call came");
        }
        return call;
    }

    /** Every call so far, in order. */
    List<InferenceRequest> calls() {
        return all;
    }
}
