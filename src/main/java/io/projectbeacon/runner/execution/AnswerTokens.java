package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.domain.Tokens;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Adds up what stored answers say that they took. A number that a provider has not told, or that is none, adds nothing. */
final class AnswerTokens {

    private AnswerTokens() {}

    /** @param text what came with a failure, in the form of an answer; it was generated as well */
    static Tokens of(List<JsonNode> answers, @Nullable JsonNode text) {
        Tokens sum = text == null ? Tokens.NONE : of(text);
        for (JsonNode answer : answers) {
            sum = sum.plus(of(answer));
        }
        return sum;
    }

    private static Tokens of(JsonNode answer) {
        JsonNode usage = answer.path("usage");
        return new Tokens(
                count(answer.path("prompt_tokens")),
                count(answer.path("completion_tokens")),
                count(detail(usage, "prompt_tokens_details", "input_tokens_details")
                        .path("cached_tokens")),
                count(detail(usage, "completion_tokens_details", "output_tokens_details")
                        .path("reasoning_tokens")));
    }

    /** By the name of the chat completions, or else by the later one that some servers use. */
    private static JsonNode detail(JsonNode usage, String name, String later) {
        return usage.has(name) ? usage.path(name) : usage.path(later);
    }

    private static long count(JsonNode tokens) {
        return tokens.isNumber() && tokens.canConvertToInt() ? Math.max(0, tokens.asInt()) : 0;
    }
}
