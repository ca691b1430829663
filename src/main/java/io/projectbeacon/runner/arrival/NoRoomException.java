package io.projectbeacon.runner.arrival;

/** Thrown when other requests hold the memory that this one would need; it may be sent again in a moment. */
public final class NoRoomException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    NoRoomException() {
        super("requests hold as much memory as they may", null, false, false);
    }
}
