package io.projectbeacon.runner.intake;

import io.projectbeacon.runner.database.Page;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the query parameters of lists, and writes a list's page: in key order, with the cursor of the next page. */
public final class QueryParameters {

    private static final int DEFAULT_LIMIT = 100;
    private static final int LARGEST_LIMIT = 1000;

    private QueryParameters() {}

    /** @param limit items a page, 100 when null; more than 1,000 gets a page of 1,000 and a cursor */
    public static Page.Request request(@Nullable String cursor, @Nullable Integer limit, boolean total) {
        if (limit != null && limit < 1) {
            throw ProblemException.badParameter("limit", "it must be 1 or more, but is " + limit + ".");
        }
        int size = limit == null ? DEFAULT_LIMIT : Math.min(limit, LARGEST_LIMIT);
        return new Page.Request(key(cursor), size, total);
    }

    /** The answer's body: the items under their name, {@code next_cursor}, and {@code total} if it was asked for. */
    public static Map<String, @Nullable Object> body(String name, Page<?> page) {
        Map<String, @Nullable Object> body = new LinkedHashMap<>();
        body.put(name, page.items());
        body.put("next_cursor", page.next() == null ? null : page.next().toString());
        if (page.total() != null) {
            body.put("total", page.total());
        }
        return body;
    }

    /** Reads a constant of an enum by its name on the wire, in lower case. */
    public static <E extends Enum<E>> @Nullable E word(String parameter, @Nullable String value, Class<E> words) {
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
                parameter, Printable.of(value) + " is none of " + String.join(", ", known) + ".");
    }

    /** Checks a text to compare with: a control character is refused, because the database cannot hold U+0000. */
    public static @Nullable String text(String parameter, @Nullable String value) {
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
