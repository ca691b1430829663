package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.Arrivals;
import io.projectbeacon.runner.arrival.ArrivingRequest;
import io.projectbeacon.runner.arrival.NoRoomException;
import io.projectbeacon.runner.intake.NoRoom;
import io.projectbeacon.runner.intake.Printable;
import io.projectbeacon.runner.intake.ProblemException;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
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
 * request with a query that is not UTF-8, with a compressed body, or with a parameter or a header twice of which one is
 * read: readers differ about which.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class RequestFilter extends OncePerRequestFilter {

    private static final List<String> SINGLE_HEADERS =
            List.of("Idempotency-Key", "Last-Event-ID", HttpHeaders.CONTENT_TYPE, HttpHeaders.CONTENT_ENCODING);

    private static final Pattern PLAIN_NAME = Pattern.compile("\\w{1,60}");

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
            if (isAdmitted(arriving, response)) {
                answer(arriving, response, chain);
            }
        }
    }

    private static boolean isAdmitted(ArrivingRequest request, HttpServletResponse response) throws IOException {
        try {
            request.admit(NoRoom.PATIENCE);
            return true;
        } catch (NoRoomException full) {
            NoRoom.write(response);
            return false;
        }
    }

    private void answer(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String twice = isDecodable(request.getQueryString()) ? givenTwice(request) : null;
        if (!isDecodable(request.getQueryString())) {
            refuse(request, response, HttpStatus.BAD_REQUEST, "The query is not percent-encoded UTF-8.");
        } else if (twice != null) {
            problems.resolveException(
                    request, response, null, ProblemException.badParameter(twice, "it is given more than once."));
        } else if (isWildcard(request.getContentType())) {
            refuse(
                    request,
                    response,
                    HttpStatus.UNSUPPORTED_MEDIA_TYPE,
                    "A Content-Type names one type, without an asterisk.");
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

    /** The header or query parameter that is there twice; null when none is. */
    private static @Nullable String givenTwice(HttpServletRequest request) {
        for (String header : SINGLE_HEADERS) {
            if (Collections.list(request.getHeaders(header)).size() > 1) {
                return header;
            }
        }
        // The actuator has parameters that may be repeated.
        if (request.getQueryString() == null || !request.getRequestURI().startsWith("/api/")) {
            return null;
        }
        Set<String> names = new HashSet<>();
        for (String parameter : request.getQueryString().split("&")) {
            String name = URLDecoder.decode(parameter.split("=", 2)[0], StandardCharsets.UTF_8);
            if (!name.isEmpty() && !names.add(name)) {
                return PLAIN_NAME.matcher(name).matches() ? name : Printable.of(name);
            }
        }
        return null;
    }

    /** Spring takes it for a fault of its own. */
    private static boolean isWildcard(@Nullable String type) {
        return type != null && type.split(";", 2)[0].indexOf('*') >= 0;
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
