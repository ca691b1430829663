package io.projectbeacon.runner.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;

/** Counts what a caller asks for, before its roles are looked at: what is refused for them takes time, too. */
final class RateLimitFilter extends OncePerRequestFilter {

    private final RateLimits limits;
    private final RateLimitAnswers answers;
    private final RequestMatcher countedReads;

    RateLimitFilter(RateLimits limits, RateLimitAnswers answers, RequestMatcher countedReads) {
        this.limits = limits;
        this.answers = answers;
        this.countedReads = countedReads;
    }

    /** Probes and scrapes: a service that is busy must go on saying so. */
    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return RequestKind.of(request.getMethod()) == RequestKind.READS && !countedReads.matches(request);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (!(SecurityContextHolder.getContext().getAuthentication() instanceof CallerAuthentication authenticated)
                || answers.passes(
                        limits.count(authenticated.getPrincipal(), RequestKind.of(request.getMethod())),
                        request,
                        response)) {
            chain.doFilter(request, response);
        }
    }
}
