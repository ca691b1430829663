package io.projectbeacon.runner.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Refuses a request for a name that is not this service's, while no keys are configured. A page of any web site may point
 * its own name at this machine's loopback, and then read what is answered there (DNS rebinding); the name that its
 * requests carry in {@code Host} gives it away.
 */
final class HostFilter extends OncePerRequestFilter {

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private final Set<String> names = new TreeSet<>(LOOPBACK);
    private final RequestMatcher probes;
    private final ProblemAnswers answers;

    HostFilter(AccessProperties properties, RequestMatcher probes, ProblemAnswers answers) {
        properties.hosts().forEach(host -> names.add(host.strip().toLowerCase(Locale.ROOT)));
        this.probes = probes;
        this.answers = answers;
    }

    /** A probe asks a container by its address, and learns nothing but whether it is alive. */
    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return probes.matches(request);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (isOurs(request.getHeader(HttpHeaders.HOST))) {
            chain.doFilter(request, response);
        } else {
            answers.write(
                    request,
                    response,
                    HttpStatus.MISDIRECTED_REQUEST,
                    "This service answers for localhost, and for the names in beacon.security.hosts, while no keys are"
                            + " configured.");
        }
    }

    private boolean isOurs(@Nullable String host) {
        return host != null && names.contains(Authority.name(host));
    }
}
