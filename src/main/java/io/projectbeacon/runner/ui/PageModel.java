package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.security.Callers;
import io.projectbeacon.runner.security.Sessions;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.stereotype.Component;

/**
 * What every page and fragment knows: {@code may} (the {@link Rights} of its reader), {@code show}, {@code place} (the entry
 * of the navigation that it belongs to) and the token of its forms.
 */
@Component
class PageModel {

    private final Callers callers;
    private final Sessions sessions;

    PageModel(Callers callers, Sessions sessions) {
        this.callers = callers;
        this.sessions = sessions;
    }

    Map<String, Object> of(HttpServletRequest request) {
        Map<String, Object> model = new java.util.HashMap<>();
        model.put("may", Rights.of(callers.known().orElse(null), sessions.isOf(request)));
        model.put("show", Show.INSTANCE);
        model.put(
                "place",
                place(request.getRequestURI().substring(request.getContextPath().length())));
        if (request.getAttribute(CsrfToken.class.getName()) instanceof CsrfToken token) {
            model.put("_csrf", token);
        }
        return model;
    }

    /** The first part of the path: {@code jobs} of {@code /jobs/a}. */
    private static String place(String path) {
        int end = path.indexOf('/', 1);
        return path.isEmpty() ? "" : path.substring(1, end < 0 ? path.length() : end);
    }
}
