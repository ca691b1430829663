package io.projectbeacon.runner.inference;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Fields on their way to a provider and back. */
final class ModelFields {

    private ModelFields() {}

    /** Copies a model's fields but for the reserved ones; what they name already is overridden. */
    static void copy(ObjectNode model, Set<String> reserved, ObjectNode body) {
        model.properties().forEach(field -> {
            if (!reserved.contains(field.getKey())) {
                body.set(field.getKey(), field.getValue());
            }
        });
    }

    /** A count of tokens; null when it is none, or no such number. */
    static @Nullable Integer count(@Nullable JsonNode node) {
        if (node == null || !node.isNumber() || !node.canConvertToInt() || node.asInt() < 0) {
            return null;
        }
        return node.asInt();
    }
}
