package io.projectbeacon.runner.ui;

import java.net.URI;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;

/** Leads a browser on, within this service only. */
final class Local {

    /** A path and its query. What begins with two slashes, or a slash and a backslash, is a host to a browser. */
    private static final Pattern PATH = Pattern.compile("/(?![/\\\\])[!-\\[\\]-~]*");

    private static final Pattern NO_PAGE = Pattern.compile("/(login|logout|ui/|webjars/|api/).*");

    private Local() {}

    /** The path to which a request asks to be led on; the first page when it is no path, or leads elsewhere. */
    static String path(@Nullable String wanted) {
        return wanted == null
                        || !PATH.matcher(wanted).matches()
                        || NO_PAGE.matcher(wanted).matches()
                ? "/"
                : wanted;
    }

    /** {@code 303}: what was sent has been taken; what came of it is there. */
    static ResponseEntity<Void> seeOther(String contextPath, String path) {
        return ResponseEntity.status(HttpStatus.SEE_OTHER)
                .location(URI.create(contextPath + path))
                .build();
    }
}
