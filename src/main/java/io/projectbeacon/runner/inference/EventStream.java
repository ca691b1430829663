package io.projectbeacon.runner.inference;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Server-sent events, from a server that streams although it was asked not to. Chunks of a chat completion add up to the
 * completion; a stream of one document is that document.
 */
final class EventStream {

    private static final String DATA = "data:";
    private static final String DONE = "[DONE]";

    private EventStream() {}

    static boolean isOne(String text) {
        return text.startsWith(DATA)
                || text.startsWith("event:")
                || text.startsWith("id:")
                || text.startsWith("retry:");
    }

    /** The document that the events add up to; null when they are cut off: no event says that the text is finished. */
    static @Nullable JsonNode collect(String text) {
        Completion completion = new Completion();
        StringBuilder data = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            int end = endOfLine(text, at);
            if (text.startsWith(DATA, at)) {
                data.append(text, at + DATA.length(), end).append('\n');
            }
            boolean last = end >= text.length();
            if (!data.isEmpty() && (end == at || last)) {
                String event = data.toString().strip();
                data.setLength(0);
                if (!event.equals(DONE)) {
                    JsonNode read = ReplyReader.json(event);
                    if (read == null || !isChunk(read)) {
                        return read; // Broken, a whole completion, a router's answer, or an error in the middle.
                    }
                    completion.add(read);
                }
            }
            at = last ? end : end + (text.startsWith("\r\n", end) ? 2 : 1);
        }
        return completion.whole();
    }

    private static int endOfLine(String text, int from) {
        int at = from;
        while (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
            at++;
        }
        return at;
    }

    private static boolean isChunk(JsonNode event) {
        JsonNode choice = event.path("choices").path(0);
        return event.has("choices")
                && !ProviderError.isThere(event.get("error"))
                && (choice.isMissingNode() || choice.has("delta"));
    }

    /** What the chunks add up to. A text is built in place: it may come in a hundred thousand pieces. */
    private static final class Completion {

        private final ObjectNode completion = JsonNodeFactory.instance.objectNode();
        private final ObjectNode choice = JsonNodeFactory.instance.objectNode();
        private final ObjectNode message = JsonNodeFactory.instance.objectNode();
        private final Map<String, StringBuilder> texts = new LinkedHashMap<>();

        void add(JsonNode chunk) {
            for (String name : new String[] {"id", "model", "system_fingerprint", "usage"}) {
                if (chunk.hasNonNull(name)) {
                    completion.set(name, chunk.get(name));
                }
            }
            JsonNode part = chunk.path("choices").path(0);
            JsonNode delta = part.path("delta");
            for (String name : new String[] {"content", "refusal", "reasoning_content", "reasoning"}) {
                if (delta.hasNonNull(name)) {
                    texts.computeIfAbsent(name, first -> new StringBuilder()).append(ProviderText.of(delta.get(name)));
                }
            }
            if (delta.path("tool_calls").isArray()) {
                message.withArray("tool_calls").addAll((ArrayNode) delta.get("tool_calls"));
            }
            for (String name : new String[] {"finish_reason", "error"}) {
                if (part.hasNonNull(name)) {
                    choice.set(name, part.get(name));
                }
            }
        }

        @Nullable
        JsonNode whole() {
            if (!choice.has("finish_reason") && !choice.has("error")) {
                return null;
            }
            texts.forEach((name, text) -> message.put(name, text.toString()));
            choice.set("message", message);
            completion.putArray("choices").add(choice);
            return completion;
        }
    }
}
