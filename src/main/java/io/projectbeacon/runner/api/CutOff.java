package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.CutOffException;
import io.projectbeacon.runner.intake.ProblemException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/** The answer to a request for whose body the service no longer waits. */
final class CutOff {

    private static final String SECONDS_UNTIL_ROOM = "2";

    private CutOff() {}

    static ProblemException problem(CutOffException.Reason reason) {
        ProblemException problem = switch (reason) {
            case TOO_SLOW ->
                new ProblemException(
                        HttpStatus.REQUEST_TIMEOUT,
                        "The body came too slowly (beacon.limits.arrival-time, beacon.limits.arrival-rate).");
            case CROWDED ->
                new ProblemException(
                        HttpStatus.SERVICE_UNAVAILABLE,
                        "Too many requests were on their way, and the body of this one took long to come.");
        };
        problem.getHeaders().set(HttpHeaders.CONNECTION, "close");
        problem.getHeaders().set(HttpHeaders.RETRY_AFTER, SECONDS_UNTIL_ROOM);
        return problem;
    }
}
