package io.projectbeacon.runner.inference;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads a count of tokens out of an answer. */
final class TokenCount {

    private TokenCount() {}

    /** The count; null when the node is missing, no number, negative, or too large for an int. */
    static @Nullable Integer of(@Nullable JsonNode node) {
        if (node == null || !node.isNumber() || !node.canConvertToInt() || node.asInt() < 0) {
            return null;
        }
        return node.asInt();
    }
}
