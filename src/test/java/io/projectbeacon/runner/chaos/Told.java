package io.projectbeacon.runner.chaos;

/** What a reply says about the call, to a client that stays connected until it has come. */
enum Told {
    /** A text that can be used. */
    ANSWER,
    /**
     * The call has failed, and that is the provider's last word on it: a refusal, a {@code 500}, a generation that
     * failed, or whatever is replayed and is no answer. A front that says so may be wrong: the model may go on.
     */
    VERDICT,
    /** Not now: nothing was begun, and nothing will be remembered. */
    NOT_NOW,
    /** {@code 409}: not now either, but after a call whose end was not seen it means that this one is still going on. */
    CONFLICT,
    /** The connection was closed, the reply broke off or cannot be read, or a gateway speaks for a model it has lost. */
    NOTHING
}
