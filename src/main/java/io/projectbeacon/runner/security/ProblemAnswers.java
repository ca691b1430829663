package io.projectbeacon.runner.security;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.stream.Collectors;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authorization.AuthorityAuthorizationDecision;
import org.springframework.security.authorization.AuthorizationDeniedException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.oauth2.server.resource.web.BearerTokenAuthenticationEntryPoint;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.access.AccessDeniedHandler;
import org.springframework.security.web.csrf.CsrfException;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.security.web.firewall.RequestRejectedHandler;
import tools.jackson.databind.json.JsonMapper;

/** Refuses a request with a problem document, before any controller has seen it and on whichever port it came. */
final class ProblemAnswers implements AuthenticationEntryPoint, AccessDeniedHandler, RequestRejectedHandler {

    private static final String SECONDS_UNTIL_ISSUER = "5";

    private static final String FOREIGN_FORM =
            "This form was not made for your browser by a page of this service, or the browser has given up its cookies"
                    + " since then. Nothing was done: load the page again, and send it once more.";

    private final JsonMapper json;
    private final PageAnswers pages;
    private final BearerTokenAuthenticationEntryPoint bearer = new BearerTokenAuthenticationEntryPoint();

    ProblemAnswers(JsonMapper json, PageAnswers pages) {
        this.json = json;
        this.pages = pages;
    }

    /** {@code 401}: the request does not say whose it is, or what it says is not believed. */
    @Override
    public void commence(HttpServletRequest request, HttpServletResponse response, AuthenticationException refused)
            throws IOException, ServletException {
        if (refused instanceof IssuerAwayException) {
            response.setHeader(HttpHeaders.RETRY_AFTER, SECONDS_UNTIL_ISSUER);
            write(request, response, HttpStatus.SERVICE_UNAVAILABLE, String.valueOf(refused.getMessage()));
            return;
        }
        if (PageAnswers.isOfPage(request)) {
            pages.askToLogIn(request, response);
            return;
        }
        bearer.commence(request, response, refused);
        String given = String.valueOf(response.getHeader(HttpHeaders.WWW_AUTHENTICATE));
        write(
                request,
                response,
                HttpStatus.UNAUTHORIZED,
                given.contains("error=")
                        ? "The key or token of this request is not valid."
                        : "This needs a key: send it as Authorization: Bearer bk_… or as X-Api-Key.");
    }

    /** {@code 403}: the caller is known, and none of its roles is enough. */
    @Override
    public void handle(HttpServletRequest request, HttpServletResponse response, AccessDeniedException refused)
            throws IOException, ServletException {
        if (refused instanceof CsrfException) {
            write(request, response, HttpStatus.FORBIDDEN, FOREIGN_FORM);
            return;
        }
        response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer error=\"insufficient_scope\"");
        write(request, response, HttpStatus.FORBIDDEN, "This needs the role " + needed(refused) + ".");
    }

    private static String needed(AccessDeniedException refused) {
        return refused instanceof AuthorizationDeniedException denied
                        && denied.getAuthorizationResult() instanceof AuthorityAuthorizationDecision decision
                ? decision.getAuthorities().stream()
                        .map(GrantedAuthority::getAuthority)
                        .collect(Collectors.joining(" or "))
                : "of an operator";
    }

    /** {@code 400}: the path has parts that two readers could read in two ways. */
    @Override
    public void handle(HttpServletRequest request, HttpServletResponse response, RequestRejectedException refused)
            throws IOException {
        writeJson(
                response,
                HttpStatus.BAD_REQUEST,
                "The request line or a header has characters that are not taken here.");
    }

    /** Whoever asked for a page is answered with one. */
    void write(HttpServletRequest request, HttpServletResponse response, HttpStatus status, String detail)
            throws IOException, ServletException {
        if (PageAnswers.isOfPage(request)) {
            pages.refuse(request, response, status, detail);
        } else {
            writeJson(response, status, detail);
        }
    }

    private void writeJson(HttpServletResponse response, HttpStatus status, String detail) throws IOException {
        response.setStatus(status.value());
        response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        response.getOutputStream().write(json.writeValueAsBytes(ProblemDetail.forStatusAndDetail(status, detail)));
    }
}
