package io.projectbeacon.runner.signing;

import io.projectbeacon.runner.domain.Nonce;

/** What is known of a JobSpec's signature. */
public sealed interface Verdict {

    /** No signature is asked for, and none is there, or none is looked at. */
    record Unsigned() implements Verdict {}

    /** A trusted key has signed all of it for this caller. */
    record Signed(Nonce nonce) implements Verdict {}

    /** The JobSpec must not be taken. */
    record Refused(Refusal refusal) implements Verdict {}
}
