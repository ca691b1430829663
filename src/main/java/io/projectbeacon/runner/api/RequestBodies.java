package io.projectbeacon.runner.api;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** Reads a request's body as received, up to the limit. */
@Component
class RequestBodies {

    private final long limit;

    RequestBodies(LimitsProperties limits) {
        this.limit = limits.body().toBytes();
    }

    byte[] read(HttpServletRequest request) throws IOException {
        if (request.getContentLengthLong() > limit) {
            throw tooLarge();
        }
        // Reads one byte more than the limit, to tell a body that is too large from a body of exactly the limit.
        byte[] body = request.getInputStream().readNBytes(Math.toIntExact(limit + 1));
        if (body.length > limit) {
            throw tooLarge();
        }
        return body;
    }

    private ProblemException tooLarge() {
        return new ProblemException(
                HttpStatus.CONTENT_TOO_LARGE,
                "The body is larger than " + limit + " bytes (beacon.limits.body). Split the job, or raise the limit.");
    }
}
