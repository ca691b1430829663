package io.projectbeacon.runner.security;

import io.projectbeacon.runner.domain.Caller;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.context.RequestAttributeSecurityContextRepository;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Takes a session for a key, where it counts: for pages and their forms, which carry a token besides, and for what only reads
 * the API. For a change of the API a cookie counts for nothing, since a browser sends it by itself.
 */
final class SessionFilter extends OncePerRequestFilter {

    private final RequestAttributeSecurityContextRepository requests = new RequestAttributeSecurityContextRepository();
    private final Sessions sessions;
    private final RequestMatcher where;
    private final ProblemAnswers answers;

    SessionFilter(Sessions sessions, RequestMatcher where, ProblemAnswers answers) {
        this.sessions = sessions;
        this.where = where;
        this.answers = answers;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return !where.matches(request)
                || SecurityContextHolder.getContext().getAuthentication() instanceof CallerAuthentication;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Optional<Caller> caller;
        try {
            caller = sessions.callerOf(request);
        } catch (DataAccessException away) {
            answers.write(
                    request,
                    response,
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "The database cannot be reached, so nobody can say whose session this is. Try again in a moment.");
            return;
        }
        caller.ifPresent(known -> {
            SecurityContext context = SecurityContextHolder.createEmptyContext();
            context.setAuthentication(new CallerAuthentication(known));
            SecurityContextHolder.setContext(context);
            requests.saveContext(context, request, response);
        });
        chain.doFilter(request, response);
    }
}
