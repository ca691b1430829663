package io.projectbeacon.runner.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ends a command: what its user is told, and the exit code. */
final class CommandException extends RuntimeException {

    private final int exitCode;
    private final List<String> lines;
    private final @Nullable Reply reply;

    CommandException(int exitCode, String line) {
        this(exitCode, List.of(line), null);
    }

    /** @param reply the answer that refuses it */
    CommandException(int exitCode, List<String> lines, @Nullable Reply reply) {
        super(String.join(" ", lines));
        this.exitCode = exitCode;
        this.lines = lines;
        this.reply = reply;
    }

    int exitCode() {
        return exitCode;
    }

    List<String> lines() {
        return lines;
    }

    @Nullable
    Reply reply() {
        return reply;
    }
}
