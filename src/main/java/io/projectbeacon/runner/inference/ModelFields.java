package io.projectbeacon.runner.inference;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Copies a model's fields into a request, and reads token counts from an answer. */
final class ModelFields {

    private ModelFields() {}

    /** Copies a model's fields, but for the reserved ones; they override fields of the same name in {@code body}. */
    static void copy(ObjectNode model, Set<String> reserved, ObjectNode body) {
        model.properties().forEach(field -> {
            if (!reserved.contains(field.getKey())) {
                body.set(field.getKey(), field.getValue());
            }
        });
    }

    /** A count of tokens; null when the node is missing, no number, negative, or too large for an int. */
    static @Nullable Integer count(@Nullable JsonNode node) {
        if (node == null || !node.isNumber() || !node.canConvertToInt() || node.asInt() < 0) {
            return null;
        }
        return node.asInt();
    }
}
