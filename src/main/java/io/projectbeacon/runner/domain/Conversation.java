package io.projectbeacon.runner.domain;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a model is told in each call of a job: messages, with {@value #QUESTION} where the question of the call goes.
 * Nobody may change its tree, which all cells of a job share.
 */
public record Conversation(ArrayNode messages) {

    public static final String QUESTION = "{{question}}";

    /** The question alone. */
    public static Conversation plain() {
        ArrayNode messages = JsonNodeFactory.instance.arrayNode();
        messages.addObject().put("role", "user").put("content", QUESTION);
        return new Conversation(messages);
    }

    /** How often the question goes into a text. */
    public static int places(String text) {
        int places = 0;
        for (int at = text.indexOf(QUESTION); at >= 0; at = text.indexOf(QUESTION, at + QUESTION.length())) {
            places++;
        }
        return places;
    }

    /** How often the question goes into the messages. */
    public int places() {
        int places = 0;
        for (JsonNode message : messages) {
            JsonNode content = message.path("content");
            places += content.isString() ? places(content.stringValue()) : 0;
            for (JsonNode part : content.isArray() ? content : messages.arrayNode()) {
                places +=
                        part.path("text").isString() ? places(part.path("text").stringValue()) : 0;
            }
        }
        return places;
    }

    /** How many characters the messages have, about, with a question of this length in them. */
    public long characters(int question) {
        return JsonSize.of(messages) + (long) places() * question;
    }

    /**
     * The messages of one call. They are made when the call is, because a hundred questions in a long message would not
     * fit into memory together.
     */
    public ArrayNode asking(String question) {
        ArrayNode asked = messages.arrayNode();
        for (JsonNode message : messages) {
            asked.add(filled(message, "content", question));
        }
        return asked;
    }

    /** The text of the last message of the user: what the job asks when it has no questions. Empty if there is none. */
    public String lastOfUser() {
        for (int index = messages.size() - 1; index >= 0; index--) {
            JsonNode message = messages.get(index);
            if (message.path("role").asString("").equals("user")) {
                return text(message.path("content"));
            }
        }
        return "";
    }

    /** The text of a message: its content, or the texts among its parts. */
    public static String text(JsonNode content) {
        if (content.isString()) {
            return content.stringValue();
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : content) {
            if (part.path("text").isString()) {
                text.append(text.isEmpty() ? "" : "\n").append(part.path("text").stringValue());
            }
        }
        return text.toString();
    }

    /** The object with the question in the texts of this field; the same one when there is no place for it. */
    private static JsonNode filled(JsonNode holder, String name, String question) {
        JsonNode before = holder.path(name);
        JsonNode after = before;
        if (before.isString() && before.stringValue().contains(QUESTION)) {
            // A text that is nothing but the question is not copied: it may be as long as a body.
            String text = before.stringValue();
            after = JsonNodeFactory.instance.stringNode(
                    text.equals(QUESTION) ? question : text.replace(QUESTION, question));
        } else if (before instanceof ArrayNode parts) {
            ArrayNode others = parts.arrayNode();
            parts.forEach(part -> others.add(filled(part, "text", question)));
            after = others;
        }
        return before == after
                ? holder
                : ((ObjectNode) holder).objectNode().setAll((ObjectNode) holder).set(name, after);
    }
}
