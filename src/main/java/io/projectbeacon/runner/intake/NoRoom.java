package io.projectbeacon.runner.intake;

import static java.nio.charset.StandardCharsets.US_ASCII;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;

/** The answer to a request for which other requests have left no memory. */
public final class NoRoom {

    /** How long a request waits for memory: others give theirs back within moments, unless there are too many. */
    public static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final String SECONDS_UNTIL_ROOM = "2";

    private static final String DETAIL =
            "The requests under way take as much memory as they may (beacon.limits.memory). Nothing was stored; send it"
                    + " again later.";

    private static final byte[] DOCUMENT = """
            {"detail":"%s","status":503,"title":"Service Unavailable"}""".formatted(DETAIL).getBytes(US_ASCII);

    private NoRoom() {}

    /** Answers a request that was not looked at further: in a flood, refusing must not cost what answering does. */
    public static void write(HttpServletResponse response) throws IOException {
        response.setStatus(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
        response.setHeader(HttpHeaders.RETRY_AFTER, SECONDS_UNTIL_ROOM);
        response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        response.setContentLength(DOCUMENT.length);
        response.getOutputStream().write(DOCUMENT);
    }

    public static ProblemException problem() {
        ProblemException problem = new ProblemException(HttpStatus.SERVICE_UNAVAILABLE, DETAIL);
        problem.getHeaders().set(HttpHeaders.RETRY_AFTER, SECONDS_UNTIL_ROOM);
        return problem;
    }
}
