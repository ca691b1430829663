package io.projectbeacon.runner.ui;

import java.time.Duration;
import java.util.Locale;

/** Numbers and times as the pages write them. */
final class ReportWords {

    private ReportWords() {}

    /** As in 12,345. */
    static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** As in 1,204 cells, and 1 cell. */
    static String count(long number, String one, String many) {
        return number(number) + " " + (number == 1 ? one : many);
    }

    /** A time that need not be exact, with two units at most. */
    static String time(Duration time) {
        long seconds = time.toSeconds();
        if (seconds < 10) {
            return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
        }
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3600) {
            return seconds / 60 + " min" + rest(seconds % 60, " s");
        }
        return number(seconds / 3600) + " h" + rest(seconds % 3600 / 60, " min");
    }

    static String time(double seconds) {
        return time(Duration.ofMillis(Math.round(seconds * 1000)));
    }

    private static String rest(long rest, String unit) {
        return rest == 0 ? "" : " " + rest + unit;
    }
}
