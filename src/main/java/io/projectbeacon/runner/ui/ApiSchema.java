package io.projectbeacon.runner.ui;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A schema of the API's description, for a list of lists.
 *
 * @param name of the field; empty where it has none
 * @param type in words, such as {@code array of string}
 * @param link the name of the schema that this one is, or that its items are; null when it is told here
 * @param notes what its values are bound to
 * @param fields of an object, or of the objects of an array
 */
record ApiSchema(
        String name,
        boolean required,
        String type,
        @Nullable String link,
        String description,
        List<String> notes,
        List<ApiSchema> fields) {

    private static final String SCHEMAS = "#/components/schemas/";
    private static final List<String> BOUNDS =
            List.of("format", "const", "minimum", "maximum", "minLength", "maxLength", "pattern", "default");

    static ApiSchema of(String name, boolean required, Map<?, ?> schema) {
        Map<?, ?> told = items(schema);
        return new ApiSchema(
                name, required, type(schema), link(told), text(schema.get("description")), notes(schema), fields(told));
    }

    private static List<ApiSchema> fields(Map<?, ?> schema) {
        Set<String> required = schema.get("required") instanceof List<?> names
                ? names.stream().map(String::valueOf).collect(Collectors.toSet())
                : Set.of();
        List<ApiSchema> fields = new ArrayList<>();
        if (schema.get("properties") instanceof Map<?, ?> properties) {
            properties.forEach((name, field) -> fields.add(of(text(name), required.contains(text(name)), map(field))));
        }
        if (schema.get("additionalProperties") instanceof Map<?, ?> others && !others.isEmpty()) {
            fields.add(of("any other name", false, others));
        }
        return fields;
    }

    private static String type(Map<?, ?> schema) {
        String reference = link(schema);
        if (reference != null) {
            return reference;
        }
        for (String choice : List.of("anyOf", "oneOf", "allOf")) {
            if (schema.get(choice) instanceof List<?> choices) {
                return choices.stream()
                        .map(one -> type(map(one)))
                        .collect(Collectors.joining(choice.equals("allOf") ? " and " : " or "));
            }
        }
        String type = switch (schema.get("type")) {
            case null -> schema.containsKey("properties") ? "object" : "anything";
            case List<?> types -> types.stream().map(String::valueOf).collect(Collectors.joining(" or "));
            case Object one -> one.toString();
        };
        return schema.get("items") instanceof Map<?, ?> items ? type + " of " + type(items) : type;
    }

    private static List<String> notes(Map<?, ?> schema) {
        List<String> notes = new ArrayList<>();
        if (schema.get("enum") instanceof List<?> values) {
            notes.add("one of " + values.stream().map(String::valueOf).collect(Collectors.joining(", ")));
        }
        for (String bound : BOUNDS) {
            if (schema.containsKey(bound)) {
                notes.add(bound + " " + schema.get(bound));
            }
        }
        if (Boolean.FALSE.equals(schema.get("additionalProperties"))) {
            notes.add("no other fields");
        }
        return notes;
    }

    private static Map<?, ?> items(Map<?, ?> schema) {
        return schema.get("items") instanceof Map<?, ?> items ? items(items) : schema;
    }

    private static @Nullable String link(Map<?, ?> schema) {
        String reference = text(schema.get("$ref"));
        return reference.startsWith(SCHEMAS) ? reference.substring(SCHEMAS.length()) : null;
    }

    static Map<?, ?> map(@Nullable Object node) {
        return node instanceof Map<?, ?> map ? map : Map.of();
    }

    static String text(@Nullable Object node) {
        return node == null ? "" : node.toString().strip();
    }
}
