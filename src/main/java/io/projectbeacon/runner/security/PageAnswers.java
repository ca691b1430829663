package io.projectbeacon.runner.security;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.util.UriUtils;

/** Refuses a request for a page: a reader who has not logged in is asked to, and is led on to the page afterwards. */
final class PageAnswers {

    /** Set by htmx in each of its requests. */
    private static final String OF_HTMX = "HX-Request";

    static boolean isOfPage(HttpServletRequest request) {
        return PageRoutes.ALL.matches(request);
    }

    void refuse(HttpServletRequest request, HttpServletResponse response, HttpStatus status, String detail)
            throws IOException, ServletException {
        new PageRefusal(status, detail).answer(request, response);
    }

    /** A fragment is a part of a page that is open: that page is left, and the reader comes back to it after the login. */
    void askToLogIn(HttpServletRequest request, HttpServletResponse response) throws IOException, ServletException {
        if (PageRoutes.FRAGMENTS.matches(request) || request.getHeader(OF_HTMX) != null) {
            response.setHeader("HX-Redirect", login(request, pathOf(request.getHeader("HX-Current-URL"))));
            refuse(request, response, HttpStatus.UNAUTHORIZED, "Your login has ended. Log in again.");
        } else if (RequestKind.of(request.getMethod()) == RequestKind.READS) {
            response.setStatus(HttpServletResponse.SC_FOUND);
            response.setHeader(HttpHeaders.LOCATION, login(request, wanted(request)));
        } else {
            refuse(
                    request,
                    response,
                    HttpStatus.UNAUTHORIZED,
                    "Nothing was done, since your login has ended. Log in again in another tab, come back to this one,"
                            + " and send the form once more.");
        }
    }

    private static String login(HttpServletRequest request, String next) {
        return request.getContextPath() + "/login"
                + (next.equals("/") ? "" : "?next=" + UriUtils.encode(next, StandardCharsets.UTF_8));
    }

    private static String wanted(HttpServletRequest request) {
        String path = request.getRequestURI().substring(request.getContextPath().length());
        return request.getQueryString() == null ? path : path + "?" + request.getQueryString();
    }

    /** Where the login leads is checked there; here a URL only loses its host. */
    private static String pathOf(@Nullable String url) {
        try {
            URI page = URI.create(url == null ? "/" : url);
            String path = page.getRawPath() == null || page.getRawPath().isEmpty() ? "/" : page.getRawPath();
            return page.getRawQuery() == null ? path : path + "?" + page.getRawQuery();
        } catch (IllegalArgumentException broken) {
            return "/";
        }
    }
}
