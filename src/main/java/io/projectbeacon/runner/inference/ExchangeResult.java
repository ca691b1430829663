package io.projectbeacon.runner.inference;

import java.net.http.HttpHeaders;

/** How one exchange with a server ended. */
sealed interface ExchangeResult {

    /**
     * The server answered.
     *
     * @param body empty when the status alone says that the call failed and the body was lost
     */
    record Reply(int status, HttpHeaders headers, byte[] body) implements ExchangeResult {}

    /** The server gave no complete answer. */
    record NoReply(InferenceResult.Failure failure) implements ExchangeResult {}
}
