package io.projectbeacon.runner.ui;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** How values are written on all pages. */
final class Show {

    static final Show INSTANCE = new Show();

    private static final DateTimeFormatter UTC =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

    private Show() {}

    /** A moment in UTC, to the second; not known: a dash. */
    public String utc(@Nullable Instant instant) {
        return instant == null ? "–" : UTC.format(instant);
    }
}
