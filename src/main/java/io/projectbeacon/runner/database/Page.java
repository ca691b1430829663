package io.projectbeacon.runner.database;

import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A page of a list in key order.
 *
 * @param next the key to go on after, or null when this is the last page
 * @param total how many there are on all pages, when it was asked for
 */
public record Page<T>(
        List<T> items, @Nullable Long next, @Nullable Long total) {

    /**
     * Which page is wanted.
     *
     * @param after the key of the last item of the page before, or null for the first page
     * @param limit items a page, at least 1
     * @param withTotal whether to count, which reads everything that matches
     */
    public record Request(@Nullable Long after, int limit, boolean withTotal) {}

    /** A page ends after a row with which its texts have so many characters: one row may have megabytes, and a page a thousand. */
    public static final int CHARACTERS = 2 << 20;

    /** As below, of rows that may be fewer than were found, since the page has ended at {@link #CHARACTERS}. */
    public static <T> Page<T> of(
            List<T> rows, int found, Request request, ToLongFunction<T> key, @Nullable Long total) {
        return rows.size() < found
                ? new Page<>(List.copyOf(rows), key.applyAsLong(rows.getLast()), total)
                : of(rows, request, key, total);
    }

    /** Makes a page of up to {@code limit + 1} rows: the one too many tells that there is a next page. */
    public static <T> Page<T> of(List<T> rows, Request request, ToLongFunction<T> key, @Nullable Long total) {
        if (rows.size() <= request.limit()) {
            return new Page<>(List.copyOf(rows), null, total);
        }
        List<T> items = List.copyOf(rows.subList(0, request.limit()));
        return new Page<>(items, key.applyAsLong(items.getLast()), total);
    }
}
