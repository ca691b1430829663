package io.projectbeacon.runner;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * Writes the pairs of a log line, and the id of the request that it belongs to, as {@code key=value}, so that a value
 * cannot pass for a second pair or a second line: one with a space, an equals sign or a quotation mark is quoted, and what
 * does not show is escaped. Ids and names of models come from clients, and texts of errors from providers.
 */
public final class LogPairs extends ClassicConverter {

    private static final String REQUEST_ID = "request_id";

    @Override
    public String convert(ILoggingEvent event) {
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        String request = event.getMDCPropertyMap().get(REQUEST_ID);
        return Stream.concat(
                        pairs == null ? Stream.of() : pairs.stream(),
                        Stream.ofNullable(request).map(id -> new KeyValuePair(REQUEST_ID, id)))
                .map(pair -> text(pair.key) + "=" + text(pair.value))
                .collect(Collectors.joining(" "));
    }

    static String text(@Nullable Object value) {
        String text = String.valueOf(value);
        return text.isEmpty() || text.codePoints().anyMatch(LogPairs::needsQuotes) ? quoted(text) : text;
    }

    private static boolean needsQuotes(int character) {
        return character == '='
                || character == '"'
                || Character.isWhitespace(character)
                || Character.isSpaceChar(character)
                || isHidden(character);
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 8).append('"');
        text.codePoints().forEach(character -> {
            switch (character) {
                case '"', '\\' -> quoted.append('\\').appendCodePoint(character);
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                default -> {
                    if (isHidden(character)) {
                        quoted.append("\\u{%x}".formatted(character));
                    } else {
                        quoted.appendCodePoint(character);
                    }
                }
            }
        });
        return quoted.append('"').toString();
    }

    /** What a terminal does not show, or obeys: control characters, marks of direction, separators of lines, halves of pairs. */
    private static boolean isHidden(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}
