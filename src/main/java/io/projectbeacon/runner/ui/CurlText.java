package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.security.Sessions;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;

/** The commands that do what a page does, ready for a POSIX shell. */
@Component
class CurlText {

    private final Sessions sessions;

    CurlText(Sessions sessions) {
        this.sessions = sessions;
    }

    /** @param path of the API with its query, as {@code /api/v1/jobs?limit=20} */
    String get(HttpServletRequest request, String path) {
        return "curl -s " + key() + quoted(base(request) + path);
    }

    /** As above, with a body of JSON; an empty one is left out. */
    String post(HttpServletRequest request, String path, String json) {
        String body = json.isEmpty() ? "-X POST " : "";
        return "curl -s " + body + key() + quoted(base(request) + path)
                + (json.isEmpty() ? "" : " \\\n  -H 'Content-Type: application/json' \\\n  -d " + quoted(json));
    }

    private String key() {
        return sessions.areNeeded() ? "-H \"Authorization: Bearer $BEACON_KEY\" " : "";
    }

    private static String base(HttpServletRequest request) {
        return ServletUriComponentsBuilder.fromContextPath(request).build().toUriString();
    }

    /** In single quotes nothing has a meaning but the next one. */
    static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
