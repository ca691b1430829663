package io.projectbeacon.runner.jobspec;

import java.util.Collection;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Writes a client's value into a message: short, on one line, and always valid Unicode. */
final class Quoted {

    private static final int MOST_CHARACTERS = 60;

    private Quoted() {}

    static String value(JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT -> "an object";
            case ARRAY -> "an array";
            case STRING -> text(value.stringValue());
            // Not the node's own text: its JSON writer would take noticeable time for half a million bad entries.
            case NUMBER -> shortened(value.numberValue().toString());
            case BOOLEAN -> Boolean.toString(value.booleanValue());
            default -> "null";
        };
    }

    /** Some of these places, as pointers. */
    static String places(Collection<Pointer> places, int most) {
        return list(places.stream().map(at -> shortened(at.toString())), places.size(), most);
    }

    /** Some of these names. */
    static String names(Collection<String> names, int most) {
        return list(names.stream().map(Quoted::text), names.size(), most);
    }

    private static String list(Stream<String> items, int size, int most) {
        String more = size > most ? " and " + (size - most) + " more" : "";
        return items.limit(most).collect(Collectors.joining(", ")) + more;
    }

    static String text(String text) {
        return '"' + shortened(text) + '"';
    }

    private static String shortened(String text) {
        StringBuilder quoted = new StringBuilder();
        int written = 0;
        for (int at = 0; at < text.length(); written++) {
            if (written == MOST_CHARACTERS) {
                return quoted.append('…').toString();
            }
            int character = text.codePointAt(at);
            at += Character.charCount(character);
            switch (Character.getType(character)) {
                case Character.CONTROL,
                        Character.FORMAT,
                        Character.SURROGATE,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR -> quoted.append("\\u%04x".formatted(character));
                default -> quoted.appendCodePoint(character);
            }
        }
        return quoted.toString();
    }
}
