package io.projectbeacon.runner.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.security.web.csrf.CookieCsrfTokenRepository;
import org.springframework.security.web.csrf.CsrfFilter;
import org.springframework.security.web.csrf.DeferredCsrfToken;
import org.springframework.security.web.csrf.XorCsrfTokenRequestAttributeHandler;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * The token that every form and every change by htmx carries. It is a cookie of the browser that another site cannot read,
 * and the page repeats it, each time in another spelling; the service keeps nothing of it, so any replica can check it.
 *
 * <p>Spring Security's own filter checks it, but not at its usual place: it reads the form, and only the form of one who may
 * send it is read.
 */
final class PageTokens {

    static final String COOKIE = "beacon_csrf";

    private final CookieCsrfTokenRepository cookies = new CookieCsrfTokenRepository();
    private final XorCsrfTokenRequestAttributeHandler handler = new XorCsrfTokenRequestAttributeHandler();

    PageTokens() {
        cookies.setCookieName(COOKIE);
        cookies.setHeaderName("X-Csrf-Token");
        cookies.setCookiePath("/");
        cookies.setCookieCustomizer(cookie -> cookie.httpOnly(true).sameSite("Strict"));
    }

    /** Refuses a change without it. A key in a header is nothing that a foreign page can send, and stands for it. */
    CsrfFilter check(ProblemAnswers answers) {
        CsrfFilter filter = new CsrfFilter(cookies);
        filter.setRequestHandler(handler);
        filter.setAccessDeniedHandler(answers);
        filter.setRequireCsrfProtectionMatcher(
                request -> !BrowserFilter.READING.contains(request.getMethod()) && !BrowserFilter.hasKey(request));
        return filter;
    }

    /** Has it at hand for the page that says why a request was refused: there is a form on it, too. */
    OncePerRequestFilter offer() {
        return new OncePerRequestFilter() {
            @Override
            protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
                    throws ServletException, IOException {
                DeferredCsrfToken token = cookies.loadDeferredToken(request, response);
                handler.handle(request, response, token::get);
                chain.doFilter(request, response);
            }
        };
    }
}
