package io.projectbeacon.runner.jobspec;

import static io.projectbeacon.runner.domain.Conversation.QUESTION;

import io.projectbeacon.runner.domain.Conversation;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads {@code messages}, or {@code system} with what it goes with, and writes them in one form: messages that have a
 * place for the question if the job has questions, and none if it has not.
 */
final class Messages {

    private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant", "tool");

    /** What the questions may add to a call. Without it, a body of 1 MiB could become calls of gigabytes. */
    private static final int MOST_CHARACTERS_OF_QUESTIONS = 1_048_576;

    private final Fields spec;
    private final Findings findings;

    private Messages(Fields spec) {
        this.spec = spec;
        this.findings = spec.findings();
    }

    /**
     * The job's messages.
     *
     * @param questions the job's questions; null when it has none
     * @return null when the job has neither messages nor a system's text, or when there is a fault in them
     */
    static @Nullable ArrayNode read(Fields spec, Prompts.Prompt prompt, @Nullable List<String> questions) {
        Messages reader = new Messages(spec);
        String name = spec.has("messages") ? "messages" : "system";
        ArrayNode messages = spec.has("messages") ? reader.given(prompt) : reader.ofSystem(prompt);
        if (messages == null) {
            if (Conversation.places(prompt.text()) > 0) {
                reader.findings.warn("the prompt has " + QUESTION + ", which is replaced in messages only");
            }
            return null;
        }
        int places = new Conversation(messages).places();
        if (spec.has("questions")) {
            if (places == 0) {
                messages.addAll(Conversation.plain().messages());
            }
            reader.checkGrowth(name, places, questions == null ? List.of() : questions);
        } else if (places > 0) {
            spec.fault(name, "has " + QUESTION + ", but there are no questions");
        }
        return messages;
    }

    private @Nullable ArrayNode given(Prompts.Prompt prompt) {
        Fields.Items items = spec.array("messages");
        if (!prompt.isDefault()) {
            spec.fault("messages", "and a prompt are both there; give one of them");
        }
        if (spec.has("system")) {
            spec.fault("system", "and messages are both there; give the system's text as one of the messages");
        }
        if (items == null) {
            return null;
        }
        if (items.values().isEmpty()) {
            spec.fault("messages", "must hold at least one message");
        }
        for (int index = 0; index < items.values().size(); index++) {
            Pointer at = items.at().item(index);
            if (items.values().get(index) instanceof ObjectNode message) {
                check(new Fields(at, message, findings));
            } else {
                findings.fault(
                        at,
                        "must be an object with role and content, not "
                                + Quoted.value(items.values().get(index)));
            }
        }
        return items.values().deepCopy();
    }

    /** A prompt beside questions is not asked, unless it, or the system's text, says where the question goes. */
    private @Nullable ArrayNode ofSystem(Prompts.Prompt prompt) {
        String system = spec.string("system");
        if (system == null) {
            return null;
        }
        Questions.check(system, spec.at("system"), findings);
        if (prompt.isDefault() && !spec.has("questions")) {
            spec.fault("system", "needs a prompt or questions beside it");
        }
        ArrayNode messages = JsonNodeFactory.instance.arrayNode();
        messages.addObject().put("role", "system").put("content", system);
        boolean hasPlace = Conversation.places(system) > 0 || Conversation.places(prompt.text()) > 0;
        if (!prompt.isDefault() && (hasPlace || !spec.has("questions"))) {
            messages.addObject().put("role", "user").put("content", prompt.text());
        }
        return messages;
    }

    private void check(Fields message) {
        String role = message.string("role");
        if (!message.has("role")) {
            message.fault("role", "is missing; it is one of system, developer, user, assistant and tool");
        } else if (role != null && !ROLES.contains(role)) {
            message.fault("role", "must be system, developer, user, assistant or tool, not " + Quoted.text(role));
        }
        boolean mayBeEmpty = "tool".equals(role) || ("assistant".equals(role) && message.has("tool_calls"));
        checkContent(message, mayBeEmpty);
        checkNoNul(message.object(), message.at());
    }

    private static void checkContent(Fields message, boolean mayBeEmpty) {
        JsonNode content = message.value("content");
        if (content == null) {
            if (!mayBeEmpty) {
                message.fault("content", "is missing");
            }
        } else if (!content.isString() && !content.isArray()) {
            message.fault("content", "must be a string or an array of parts, not " + Quoted.value(content));
        } else if (content.isArray() && !content.valueStream().allMatch(JsonNode::isObject)) {
            message.fault("content", "must hold parts that are objects");
        } else if (!mayBeEmpty && isBlank(content)) {
            message.fault("content", "must not be blank");
        }
    }

    /** Parts of other types than text, such as pictures, are something without any text. */
    private static boolean isBlank(JsonNode content) {
        return Conversation.text(content).isBlank()
                && content.valueStream()
                        .allMatch(part -> part.path("type").asString("text").equals("text"));
    }

    private void checkNoNul(JsonNode node, Pointer at) {
        switch (node) {
            case ObjectNode object -> object.forEachEntry((name, value) -> checkNoNul(value, at.field(name)));
            case ArrayNode array -> {
                for (int index = 0; index < array.size(); index++) {
                    checkNoNul(array.get(index), at.item(index));
                }
            }
            default -> {
                if (node.isString()) {
                    Questions.checkNoNul(node.stringValue(), at, findings);
                }
            }
        }
    }

    private void checkGrowth(String name, int places, List<String> questions) {
        int longest = questions.stream().mapToInt(String::length).max().orElse(0);
        if ((long) places * longest > MOST_CHARACTERS_OF_QUESTIONS) {
            spec.fault(
                    name,
                    "has %s %d times; with the longest question that adds more than %d characters"
                            .formatted(QUESTION, places, MOST_CHARACTERS_OF_QUESTIONS));
        }
    }
}
