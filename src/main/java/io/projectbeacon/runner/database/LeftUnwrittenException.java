package io.projectbeacon.runner.database;

/** The database refuses a write, again and again, and its caller, which was told to stop, waits for it no more. */
public final class LeftUnwrittenException extends RuntimeException {

    LeftUnwrittenException(String what, RuntimeException refusal) {
        super("The database refuses " + what, refusal);
    }
}
