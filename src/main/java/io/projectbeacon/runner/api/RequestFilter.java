package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.Arrivals;
import io.projectbeacon.runner.arrival.ArrivingRequest;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerExceptionResolver;

/**
 * Opens each request's arrival, and ends it when the request has been answered. Refuses, before a controller reads it, a
 * request with a query that is not UTF-8 or with a compressed body.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class RequestFilter extends OncePerRequestFilter {

    private final HandlerExceptionResolver problems;
    private final Arrivals arrivals;

    RequestFilter(@Qualifier("handlerExceptionResolver") HandlerExceptionResolver problems, Arrivals arrivals) {
        this.problems = problems;
        this.arrivals = arrivals;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try (ArrivingRequest arriving = arrivals.open(request)) {
            answer(arriving, response, chain);
        }
    }

    private void answer(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (!isDecodable(request.getQueryString())) {
            refuse(request, response, HttpStatus.BAD_REQUEST, "The query is not percent-encoded UTF-8.");
        } else if (isCompressed(request.getHeader(HttpHeaders.CONTENT_ENCODING))) {
            response.setHeader(HttpHeaders.ACCEPT_ENCODING, "identity");
            refuse(
                    request,
                    response,
                    HttpStatus.UNSUPPORTED_MEDIA_TYPE,
                    "A body is taken as it is, without a Content-Encoding.");
        } else {
            chain.doFilter(request, response);
        }
    }

    private void refuse(HttpServletRequest request, HttpServletResponse response, HttpStatus status, String detail) {
        problems.resolveException(request, response, null, new ProblemException(status, detail));
    }

    private static boolean isCompressed(@Nullable String encoding) {
        return encoding != null && !encoding.isBlank() && !encoding.strip().equalsIgnoreCase("identity");
    }

    private static boolean isDecodable(@Nullable String query) {
        if (query == null || query.indexOf('%') < 0) {
            return true;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(query.length());
        try {
            for (int at = 0; at < query.length(); at++) {
                if (query.charAt(at) == '%') {
                    bytes.write(HexFormat.fromHexDigits(query, at + 1, at + 3));
                    at += 2;
                } else {
                    bytes.write(query.charAt(at));
                }
            }
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray()));
            return true;
        } catch (IndexOutOfBoundsException | IllegalArgumentException | CharacterCodingException broken) {
            return false;
        }
    }
}
