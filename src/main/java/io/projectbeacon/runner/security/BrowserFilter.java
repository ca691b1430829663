package io.projectbeacon.runner.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Refuses a change that a page of another site asks for. Any page that is open on an operator's machine can post to its
 * loopback; it cannot leave out what its browser says of it. A key header is something such a page cannot send without
 * asking first, and this service allows no other site anything.
 */
final class BrowserFilter extends OncePerRequestFilter {

    static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS", "TRACE");
    private static final Set<String> OWN_SITE = Set.of("same-origin", "none");
    private static final String BEARER = "Bearer ";

    private final ProblemAnswers answers;

    BrowserFilter(ProblemAnswers answers) {
        this.answers = answers;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (READING.contains(request.getMethod()) || hasKey(request) || isOfOwnSite(request)) {
            chain.doFilter(request, response);
        } else {
            answers.write(
                    request,
                    response,
                    HttpStatus.FORBIDDEN,
                    "A page of another site asked for this change (Origin, Sec-Fetch-Site); only this service's own"
                            + " pages may.");
        }
    }

    /** Not {@code Basic}, which a browser adds by itself once a person has given it a password. */
    static boolean hasKey(HttpServletRequest request) {
        String authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
        return request.getHeader(CredentialResolver.KEY_HEADER) != null
                || (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length()));
    }

    private static boolean isOfOwnSite(HttpServletRequest request) {
        @Nullable String host = request.getHeader(HttpHeaders.HOST);
        return Collections.list(request.getHeaders("Sec-Fetch-Site")).stream().allMatch(OWN_SITE::contains)
                && Collections.list(request.getHeaders(HttpHeaders.ORIGIN)).stream()
                        .allMatch(origin -> host != null && Authority.isSameOrigin(origin, host));
    }
}
