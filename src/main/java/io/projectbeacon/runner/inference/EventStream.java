package io.projectbeacon.runner.inference;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
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
        List<JsonNode> events = new ArrayList<>();
        for (String data : data(text)) {
            if (!data.equals(DONE)) {
                try {
                    events.add(ReplyReader.JSON.readTree(data));
                } catch (JacksonException broken) {
                    return null;
                }
            }
        }
        if (events.isEmpty()) {
            return null;
        }
        for (JsonNode event : events) {
            if (!isChunk(event)) {
                return event; // A whole completion, a router's answer, or an error in the middle of a stream.
            }
        }
        return completion(events);
    }

    /** The data of each event: its lines that begin with {@code data:}, joined. */
    private static List<String> data(String text) {
        List<String> all = new ArrayList<>();
        StringBuilder event = new StringBuilder();
        for (String line : text.split("\r\n|\n|\r", -1)) {
            if (line.isEmpty()) {
                if (!event.isEmpty()) {
                    all.add(event.toString().strip());
                    event.setLength(0);
                }
            } else if (line.startsWith(DATA)) {
                event.append(line.substring(DATA.length())).append('\n');
            }
        }
        if (!event.isEmpty()) {
            all.add(event.toString().strip());
        }
        return all;
    }

    private static boolean isChunk(JsonNode event) {
        JsonNode choice = event.path("choices").path(0);
        return event.has("choices")
                && !ProviderError.isThere(event.get("error"))
                && (choice.isMissingNode() || choice.has("delta"));
    }

    private static @Nullable JsonNode completion(List<JsonNode> chunks) {
        ObjectNode completion = JsonNodeFactory.instance.objectNode();
        ObjectNode choice = JsonNodeFactory.instance.objectNode();
        ObjectNode message = JsonNodeFactory.instance.objectNode();
        Texts texts = new Texts(message);
        for (JsonNode chunk : chunks) {
            for (String name : new String[] {"id", "model", "system_fingerprint", "usage"}) {
                if (chunk.hasNonNull(name)) {
                    completion.set(name, chunk.get(name));
                }
            }
            JsonNode part = chunk.path("choices").path(0);
            for (String name : new String[] {"content", "refusal", "reasoning_content", "reasoning"}) {
                texts.append(name, part.path("delta").get(name));
            }
            if (part.path("delta").hasNonNull("tool_calls")) {
                message.withArray("tool_calls").addAll(part.path("delta").withArray("tool_calls"));
            }
            for (String name : new String[] {"finish_reason", "error"}) {
                if (part.hasNonNull(name)) {
                    choice.set(name, part.get(name));
                }
            }
        }
        if (!choice.has("finish_reason") && !choice.has("error")) {
            return null;
        }
        choice.set("message", message);
        completion.putArray("choices").add(choice);
        return completion;
    }

    /** The fields of the message that grow chunk by chunk. */
    private record Texts(ObjectNode message) {

        void append(String name, @Nullable JsonNode part) {
            if (part != null && !part.isNull()) {
                String before =
                        message.path(name).isString() ? message.get(name).stringValue() : "";
                message.put(name, before + ProviderText.of(part));
            }
        }
    }
}
