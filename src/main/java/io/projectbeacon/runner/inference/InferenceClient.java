package io.projectbeacon.runner.inference;

/** Asks one question of one model in one region. */
public interface InferenceClient {

    /**
     * Sends the request at most once and waits for its end, for no longer than {@code beacon.inference.call-timeout}.
     *
     * @throws InterruptedException when the caller's thread was interrupted; the call was aborted and its outcome is
     *     unknown
     */
    InferenceResult infer(InferenceRequest request) throws InterruptedException;
}
