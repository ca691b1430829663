package io.projectbeacon.runner.security;

import java.util.Locale;

/** What is counted separately: a dashboard that reads too often does not keep its caller from cancelling a job. */
enum RequestKind {
    READS,
    CHANGES;

    /** What is not known to read only is a change. */
    static RequestKind of(String method) {
        return method.equals("GET") || method.equals("HEAD") ? READS : CHANGES;
    }

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
