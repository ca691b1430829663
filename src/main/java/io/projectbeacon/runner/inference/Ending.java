package io.projectbeacon.runner.inference;

import java.net.http.HttpHeaders;

/** How one exchange with a server ended. */
sealed interface Ending {

    /**
     * The server answered.
     *
     * @param body empty when the status alone says that the call failed and the body was lost
     */
    record Reply(int status, HttpHeaders headers, byte[] body) implements Ending {}

    /** There is no complete answer. */
    record NoReply(InferenceResult.Failure failure) implements Ending {}
}
