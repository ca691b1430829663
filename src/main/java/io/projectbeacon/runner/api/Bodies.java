package io.projectbeacon.runner.api;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** Reads a request's body as it came, up to the limit. */
@Component
class Bodies {

    private final long limit;

    Bodies(LimitsProperties limits) {
        this.limit = limits.body().toBytes();
    }

    byte[] read(HttpServletRequest request) throws IOException {
        if (request.getContentLengthLong() > limit) {
            throw tooLarge();
        }
        // One byte more than allowed tells a body that is too large from one that is just as large.
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
