package io.projectbeacon.runner.ui;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;

/**
 * Tells browsers what a page may do: use files of this service, ask this service, and nothing else. All other answers may do
 * nothing at all (api.SecurityHeadersValve).
 */
final class PageHeaders implements HandlerInterceptor {

    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
            + " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
        if (handler instanceof HandlerMethod method
                && method.getBeanType().getPackageName().equals(PageHeaders.class.getPackageName())) {
            response.setHeader("Content-Security-Policy", POLICY);
            // With no-referrer a browser would send "Origin: null" with a form, which is what a foreign page sends.
            response.setHeader("Referrer-Policy", "same-origin");
        }
        return true;
    }
}
