package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceResult.Details;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Reads what comes beside the text of an answer, and makes it safe to store. */
final class AnswerDetails {

    private static final int MOST_DEPTH = 32;
    private static final int MOST_VALUES = 10_000;
    private static final int MOST_CHARACTERS = 200;
    private static final BigDecimal MOST_COST = BigDecimal.TEN.pow(12);
    private static final int MOST_DECIMAL_PLACES = 18;

    private AnswerDetails() {}

    /** Of a chat completion. */
    static Details of(JsonNode body, JsonNode choice, JsonNode message, Protocol.Context context) {
        JsonNode usage = body.path("usage");
        return new Details(
                word(choice.get("finish_reason")),
                text(message.get("refusal")),
                reasoning(message),
                toolCalls(message),
                word(body.get("model")),
                requestId(body, context),
                word(body.get("system_fingerprint")),
                usage.isObject() ? stored(usage) : null,
                cost(usage.get("cost"), body.get("cost")));
    }

    /** Of an answer that has no further form than its fields. */
    static Details of(JsonNode body, Protocol.Context context) {
        return of(body, body, body, context);
    }

    private static @Nullable String reasoning(JsonNode message) {
        for (String name : new String[] {"reasoning_content", "reasoning", "thinking"}) {
            String reasoning = text(message.get(name));
            if (reasoning != null) {
                return reasoning;
            }
        }
        return null;
    }

    private static @Nullable JsonNode toolCalls(JsonNode message) {
        JsonNode calls = message.path("tool_calls");
        if (calls.isArray() && !calls.isEmpty()) {
            return stored(calls);
        }
        JsonNode legacy = message.path("function_call");
        return legacy.isObject() ? stored(JsonNodeFactory.instance.arrayNode().add(legacy)) : null;
    }

    private static @Nullable String requestId(JsonNode body, Protocol.Context context) {
        for (String header : new String[] {"x-request-id", "request-id", "apim-request-id"}) {
            String id = context.header(header);
            if (id != null && !id.isBlank()) {
                return shortened(id);
            }
        }
        return word(body.get("id"));
    }

    private static @Nullable BigDecimal cost(@Nullable JsonNode... places) {
        for (JsonNode place : places) {
            if (place != null && place.isNumber() && isFinite(place)) {
                BigDecimal cost = place.decimalValue();
                if (cost.signum() >= 0 && cost.compareTo(MOST_COST) < 0 && cost.scale() <= MOST_DECIMAL_PLACES) {
                    return cost;
                }
            }
        }
        return null;
    }

    private static @Nullable String word(@Nullable JsonNode node) {
        String text = node == null || !node.isValueNode() ? "" : ProviderText.of(node);
        return text.isBlank() ? null : shortened(text);
    }

    private static String shortened(String text) {
        return ProviderText.cut(ProviderText.message(text), MOST_CHARACTERS);
    }

    private static @Nullable String text(@Nullable JsonNode node) {
        String text = ProviderText.of(node);
        return text.isEmpty() ? null : ProviderText.valid(text);
    }

    private static @Nullable JsonNode stored(JsonNode node) {
        return new StoredCopy().of(node, 0);
    }

    /**
     * A copy that any reader of JSON takes: valid text, numbers that JSON has, no deeper than 32, and of no more than 10,000
     * values, since it stays in memory until it is stored, and millions fit into an answer.
     */
    private static final class StoredCopy {

        private int values;

        @Nullable
        JsonNode of(JsonNode node, int depth) {
            if (depth > MOST_DEPTH || ++values > MOST_VALUES) {
                return null;
            }
            if (node instanceof ObjectNode object) {
                ObjectNode copy = JsonNodeFactory.instance.objectNode();
                object.properties().forEach(field -> {
                    JsonNode value = of(field.getValue(), depth + 1);
                    if (value != null) {
                        copy.set(ProviderText.valid(field.getKey()), value);
                    }
                });
                return copy;
            }
            if (node instanceof ArrayNode array) {
                ArrayNode copy = JsonNodeFactory.instance.arrayNode();
                array.forEach(item -> {
                    JsonNode value = of(item, depth + 1);
                    if (value != null) {
                        copy.add(value);
                    }
                });
                return copy;
            }
            if (node.isString()) {
                return JsonNodeFactory.instance.stringNode(ProviderText.valid(node.stringValue()));
            }
            return node.isNumber() && (!isFinite(node) || node.asString().length() > MOST_CHARACTERS) ? null : node;
        }
    }

    private static boolean isFinite(JsonNode number) {
        return !(number.isDouble() || number.isFloat()) || Double.isFinite(number.doubleValue());
    }
}
