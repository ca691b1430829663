package io.projectbeacon.runner.ui;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.projectbeacon.runner.arrival.ArrivingRequest;
import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.intake.NoRoom;
import io.projectbeacon.runner.intake.ProblemException;
import io.projectbeacon.runner.intake.RequestBodies;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * A form that was sent. Its body is read when the first field is asked for, within the bounds of all bodies, where Tomcat
 * would read two megabytes past them.
 */
final class FormRequest extends HttpServletRequestWrapper {

    private final RequestBodies bodies;
    private @Nullable Map<String, String[]> fields;

    FormRequest(HttpServletRequest request, RequestBodies bodies) {
        super(request);
        this.bodies = bodies;
    }

    @Override
    public @Nullable String getParameter(String name) {
        String[] values = getParameterMap().get(name);
        return values == null ? null : values[0];
    }

    @Override
    public Map<String, String[]> getParameterMap() {
        if (fields == null) {
            fields = read();
        }
        return fields;
    }

    @Override
    public Enumeration<String> getParameterNames() {
        return Collections.enumeration(getParameterMap().keySet());
    }

    @Override
    public String @Nullable [] getParameterValues(String name) {
        return getParameterMap().get(name);
    }

    /** Those of the body, and those of the query whose names the body has not. */
    private Map<String, String[]> read() {
        Map<String, String[]> read = new LinkedHashMap<>();
        try {
            byte[] body = bodies.read((HttpServletRequest) getRequest());
            // The text, and the values that are decoded out of it.
            ArrivingRequest.of(this)
                    .body()
                    .grow(2L * body.length, body.length <= MemoryBudget.SMALL_BODY, NoRoom.PATIENCE);
            add(read, new String(body, UTF_8));
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
        if (getQueryString() != null) {
            add(read, getQueryString());
        }
        return Collections.unmodifiableMap(read);
    }

    private static void add(Map<String, String[]> fields, String encoded) {
        for (String field : encoded.split("&")) {
            int equals = field.indexOf('=');
            String name = decoded(equals < 0 ? field : field.substring(0, equals));
            if (!name.isEmpty()) {
                fields.putIfAbsent(name, new String[] {equals < 0 ? "" : decoded(field.substring(equals + 1))});
            }
        }
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, UTF_8);
        } catch (IllegalArgumentException broken) {
            throw new ProblemException(HttpStatus.BAD_REQUEST, "The form is not percent-encoded UTF-8.");
        }
    }
}
