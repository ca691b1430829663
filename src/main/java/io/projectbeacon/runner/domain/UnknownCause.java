package io.projectbeacon.runner.domain;

/** Why the end of a call that was sent is not known. The wire name is the lower-case name. */
public enum UnknownCause {
    /** No whole answer came within {@code beacon.inference.call-timeout}. */
    TIMEOUT,
    /** The connection broke, or the answer was cut off. */
    CONNECTION,
    /** A status that may be a gateway's word, with a model at work behind it. */
    STATUS,
    /** What came back cannot be read, or is too large to be. */
    UNREADABLE,
    /** A client cancelled the job. */
    CANCEL,
    /** The job's own timeout passed. */
    DEADLINE,
    /** The runner was stopped, and interrupted the call. */
    SHUTDOWN,
    /** The run that made the call ended without a word, as when its runner was killed. */
    RUN_GONE;

    public String wireName() {
        return WireName.of(this);
    }
}
