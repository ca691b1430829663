package io.projectbeacon.runner.ui;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.UriUtils;

/** The query of a link, in which each value is encoded to its last apostrophe: it may be pasted between those in a shell. */
record QueryText(Map<String, String> values) {

    QueryText() {
        this(Map.of());
    }

    /** With one more parameter, or another value of it; null leaves it out. */
    QueryText and(String name, @Nullable String value) {
        if (value == null) {
            return this;
        }
        Map<String, String> all = new LinkedHashMap<>(values);
        all.put(name, value);
        return new QueryText(all);
    }

    boolean isEmpty() {
        return values.isEmpty();
    }

    String on(String path) {
        return values.isEmpty()
                ? path
                : path
                        + values.entrySet().stream()
                                .map(value -> value.getKey() + "=" + encoded(value.getValue()))
                                .collect(Collectors.joining("&", "?", ""));
    }

    /** The value of a field; null for the empty text that a form sends for one that was left empty. */
    static @Nullable String filled(@Nullable String text) {
        return text == null || text.isBlank() ? null : text.strip();
    }

    static String encoded(String text) {
        return UriUtils.encode(text, StandardCharsets.UTF_8);
    }
}
