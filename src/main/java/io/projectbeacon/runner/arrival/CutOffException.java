package io.projectbeacon.runner.arrival;

import java.io.IOException;

/** Thrown to the reader of a body for which the service no longer waits. */
public final class CutOffException extends IOException {

    private static final long serialVersionUID = 1L;

    /** Why the service no longer waits. */
    public enum Reason {
        /** The body came more slowly than it may. */
        TOO_SLOW,
        /** There were too many connections, and this one had waited for long. */
        CROWDED
    }

    private final Reason reason;

    CutOffException(Reason reason) {
        super("the service no longer waits for this body: " + reason);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
