package io.projectbeacon.runner.logs;

import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What failed, in the words of a line of the log. */
public final class Failures {

    private Failures() {}

    /**
     * What the innermost cause that says anything says, on one line. What stands around it is how it was met: a wrapper's
     * message repeats the whole statement, and of a lost connection the innermost often says nothing.
     */
    public static String inWords(Throwable failure) {
        String words = failure.getClass().getSimpleName();
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = cause.getMessage();
            if (message != null && !message.isBlank()) {
                words = message;
            }
        }
        return words.lines().map(String::strip).collect(Collectors.joining(" "));
    }
}
