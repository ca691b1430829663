package io.projectbeacon.runner.inference;

import java.time.Duration;
import org.springframework.boot.convert.DurationStyle;

/**
 * How long a simulated call takes: one duration ({@code 0ms}, {@code 2s}) or a range ({@code 200ms..800ms}).
 *
 * @param min the shortest, not negative
 * @param max the longest, not shorter than {@code min}
 */
public record LatencyRange(Duration min, Duration max) {

    private static final String SEPARATOR = "..";

    public LatencyRange {
        if (min.isNegative()) {
            throw new IllegalArgumentException("a latency must not be negative, but is " + min);
        }
        if (min.compareTo(max) > 0) {
            throw new IllegalArgumentException("the latency range " + min + ".." + max + " is reversed");
        }
    }

    /**
     * Reads {@code 0ms}, {@code 2s} or {@code 200ms..800ms}; a bare number counts milliseconds. Spring's binder finds
     * this method by its name.
     *
     * @throws IllegalArgumentException when the text is neither, is negative or is a reversed range
     */
    public static LatencyRange of(String text) {
        int at = text.indexOf(SEPARATOR);
        if (at < 0) {
            Duration fixed = duration(text);
            return new LatencyRange(fixed, fixed);
        }
        return new LatencyRange(duration(text.substring(0, at)), duration(text.substring(at + SEPARATOR.length())));
    }

    private static Duration duration(String text) {
        return DurationStyle.detectAndParse(text.strip());
    }
}
