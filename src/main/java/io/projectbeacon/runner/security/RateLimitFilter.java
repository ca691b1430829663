package io.projectbeacon.runner.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;

/** Counts what a caller asks for, before its roles are looked at: what is refused for them takes time, too. */
final class RateLimitFilter extends OncePerRequestFilter {

    private static final RequestMatcher API =
            PathPatternRequestMatcher.withDefaults().matcher("/api/**");

    private final RateLimits limits;
    private final RateLimitAnswers answers;

    RateLimitFilter(RateLimits limits, RateLimitAnswers answers) {
        this.limits = limits;
        this.answers = answers;
    }

    /** Probes and scrapes: a service that is busy must go on saying so. */
    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return RequestKind.of(request.getMethod()) == RequestKind.READS && !API.matches(request);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (!(SecurityContextHolder.getContext().getAuthentication() instanceof CallerAuthentication authenticated)
                || answers.passes(
                        limits.count(authenticated.getPrincipal(), RequestKind.of(request.getMethod())), response)) {
            chain.doFilter(request, response);
        }
    }
}
