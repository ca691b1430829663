package io.projectbeacon.runner.api;

import io.projectbeacon.runner.execution.Page;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How lists are asked for and answered: a page at a time, in key order, with the cursor of the next page. */
final class Pages {

    private static final int DEFAULT_LIMIT = 100;
    private static final int LARGEST_LIMIT = 1000;

    private Pages() {}

    /** @param limit items a page; what is larger than the largest page gets the largest page and a cursor */
    static Page.Request request(@Nullable String cursor, @Nullable Integer limit, boolean total) {
        if (limit != null && limit < 1) {
            throw ProblemException.badParameter("limit", "it must be 1 or more, but is " + limit + ".");
        }
        int size = limit == null ? DEFAULT_LIMIT : Math.min(limit, LARGEST_LIMIT);
        return new Page.Request(key(cursor), size, total);
    }

    /** The answer's body: the items under their name, {@code next_cursor}, and {@code total} if it was asked for. */
    static Map<String, @Nullable Object> body(String name, Page<?> page) {
        Map<String, @Nullable Object> body = new LinkedHashMap<>();
        body.put(name, page.items());
        body.put("next_cursor", page.next() == null ? null : page.next().toString());
        if (page.total() != null) {
            body.put("total", page.total());
        }
        return body;
    }

    /** Reads one of the words of an enum, as they stand on the wire. */
    static <E extends Enum<E>> @Nullable E word(String parameter, @Nullable String value, Class<E> words) {
        if (value == null) {
            return null;
        }
        List<String> known = new ArrayList<>();
        for (E constant : words.getEnumConstants()) {
            String word = constant.name().toLowerCase(Locale.ROOT);
            if (word.equals(value)) {
                return constant;
            }
            known.add(word);
        }
        throw ProblemException.badParameter(
                parameter, Shown.of(value) + " is none of " + String.join(", ", known) + ".");
    }

    /** Text to compare with; the database has no U+0000. */
    static @Nullable String text(String parameter, @Nullable String value) {
        if (value != null && value.chars().anyMatch(Character::isISOControl)) {
            throw ProblemException.badParameter(parameter, "it has a control character.");
        }
        return value;
    }

    private static @Nullable Long key(@Nullable String cursor) {
        if (cursor == null) {
            return null;
        }
        try {
            return Long.valueOf(cursor);
        } catch (NumberFormatException e) {
            throw ProblemException.badParameter("cursor", "it is not a next_cursor of this list.");
        }
    }
}
