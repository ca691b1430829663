package io.projectbeacon.runner.api;

import java.time.Duration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/** The answer to a request for which other requests have left no memory. */
final class NoRoom {

    /** How long a request waits for memory: others give theirs back within moments, unless there are too many. */
    static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final String SECONDS_UNTIL_ROOM = "2";

    private NoRoom() {}

    static ProblemException problem() {
        ProblemException problem = new ProblemException(
                HttpStatus.SERVICE_UNAVAILABLE,
                "The requests under way take as much memory as they may (beacon.limits.memory). Nothing was stored; send"
                        + " it again later.");
        problem.getHeaders().set(HttpHeaders.RETRY_AFTER, SECONDS_UNTIL_ROOM);
        return problem;
    }
}
