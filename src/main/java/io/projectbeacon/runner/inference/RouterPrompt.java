package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.domain.Conversation;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/**
 * Writes messages as the one text that a router takes: their texts, one after another. With turns of a model among
 * them, each text begins with its role, since nothing else would tell who said what.
 */
final class RouterPrompt {

    private static final Set<String> ASKING = Set.of("system", "developer", "user");

    private RouterPrompt() {}

    static String of(ArrayNode messages) {
        boolean turns = messages.valueStream().anyMatch(message -> !ASKING.contains(role(message)));
        List<String> texts = new ArrayList<>();
        for (JsonNode message : messages) {
            String text = Conversation.text(message.path("content"));
            if (!text.isEmpty()) {
                texts.add(turns ? role(message) + ": " + text : text);
            }
        }
        return String.join("\n\n", texts);
    }

    /** Whether the one text says all that the messages do. */
    static boolean saysAll(ArrayNode messages) {
        return messages.size() == 1 && messages.get(0).path("content").isString();
    }

    private static String role(JsonNode message) {
        return message.path("role").asString("");
    }
}
