package io.projectbeacon.runner.cli;

import java.util.Set;

/** What a script is told by a command's end. */
final class ExitCode {

    static final int DONE = 0;
    static final int NOT_COMPLETED = 1;
    static final int REFUSED = 2;
    static final int NOT_REACHABLE = 3;
    static final int NOT_ALLOWED = 4;

    /** A mistake in the command line's own code. */
    static final int BROKEN = 70;

    private static final Set<String> BADLY_ENDED = Set.of("partial", "failed", "cancelled");

    private ExitCode() {}

    /** For a job that was looked at: one that has not ended yet is no failure. */
    static int ofJob(String status) {
        return BADLY_ENDED.contains(status) ? NOT_COMPLETED : DONE;
    }

    /** For an answer that is not a success. */
    static int ofStatus(int status) {
        if (status == 401 || status == 403) {
            return NOT_ALLOWED;
        }
        return status >= 400 && status < 500 ? REFUSED : NOT_REACHABLE;
    }
}
