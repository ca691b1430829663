package io.projectbeacon.runner.database;

/** The database refuses a write, again and again, and its caller has been told to stop: nobody waits for it any more. */
public final class LeftUnwrittenException extends RuntimeException {

    LeftUnwrittenException(String what, RuntimeException refusal) {
        super("The database refuses " + what, refusal);
    }
}
