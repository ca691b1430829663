package io.projectbeacon.runner.security;

import io.projectbeacon.runner.domain.Caller;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.context.RequestAttributeSecurityContextRepository;
import org.springframework.web.filter.OncePerRequestFilter;

/** Where no keys are configured, every request is one caller's, whatever key it carries. */
final class OnlyCallerFilter extends OncePerRequestFilter {

    private final RequestAttributeSecurityContextRepository requests = new RequestAttributeSecurityContextRepository();

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(new CallerAuthentication(Caller.ONLY));
        SecurityContextHolder.setContext(context);
        requests.saveContext(context, request, response);
        chain.doFilter(request, response);
    }
}
