package io.projectbeacon.runner.security;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.AuthenticationEntryPoint;

/** Says in each answer what the limit of its request has left, and refuses a request past it. */
final class RateLimitAnswers implements AuthenticationEntryPoint {

    private final RateLimits limits;
    private final ProblemAnswers answers;

    RateLimitAnswers(RateLimits limits, ProblemAnswers answers) {
        this.limits = limits;
        this.answers = answers;
    }

    /**
     * Refuses a request that has no valid key. It is counted once that is known, not before: whoever shares an address
     * with a flood and has a key is served. A token that could not be checked may be a caller's, and is not counted.
     */
    @Override
    public void commence(HttpServletRequest request, HttpServletResponse response, AuthenticationException refused)
            throws IOException, ServletException {
        if (refused instanceof IssuerAwayException
                || passes(
                        limits.count(request.getRemoteAddr(), RequestKind.of(request.getMethod())),
                        request,
                        response)) {
            answers.commence(request, response, refused);
        }
    }

    /** Whether the request may go on; otherwise it has been answered. */
    boolean passes(Optional<Counted> counted, HttpServletRequest request, HttpServletResponse response)
            throws IOException, ServletException {
        if (counted.isEmpty()) {
            return true;
        }
        Counted limited = counted.get();
        response.setHeader("RateLimit-Policy", limited.policy());
        response.setHeader("RateLimit", limited.state());
        if (!limited.isWithin()) {
            response.setHeader(HttpHeaders.RETRY_AFTER, String.valueOf(limited.retryAfter()));
            answers.write(request, response, HttpStatus.TOO_MANY_REQUESTS, limited.refusal());
        }
        return limited.isWithin();
    }
}
