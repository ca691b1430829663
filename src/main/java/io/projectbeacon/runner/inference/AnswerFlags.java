package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.domain.AnswerFlag;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.Details;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads an answer's flags from what providers say in their own words. */
final class AnswerFlags {

    /** Words for an end that is none of the reader's business. */
    private static final Set<String> PLAIN = Set.of(
            "stop",
            "eos",
            "eos_token",
            "end",
            "end_turn",
            "stop_sequence",
            "complete",
            "completed",
            "done",
            "finished");

    private static final Map<String, AnswerFlag> WORDS = Map.ofEntries(
            Map.entry("length", AnswerFlag.LENGTH),
            Map.entry("max_tokens", AnswerFlag.LENGTH),
            Map.entry("max_output_tokens", AnswerFlag.LENGTH),
            Map.entry("max_length", AnswerFlag.LENGTH),
            Map.entry("model_length", AnswerFlag.LENGTH),
            Map.entry("model_context_window_exceeded", AnswerFlag.LENGTH),
            Map.entry("content_filter", AnswerFlag.CONTENT_FILTER),
            Map.entry("content_filtered", AnswerFlag.CONTENT_FILTER),
            Map.entry("safety", AnswerFlag.CONTENT_FILTER),
            Map.entry("recitation", AnswerFlag.CONTENT_FILTER),
            Map.entry("blocklist", AnswerFlag.CONTENT_FILTER),
            Map.entry("prohibited_content", AnswerFlag.CONTENT_FILTER),
            Map.entry("spii", AnswerFlag.CONTENT_FILTER),
            Map.entry("guardrail_intervened", AnswerFlag.CONTENT_FILTER),
            Map.entry("sensitive", AnswerFlag.CONTENT_FILTER),
            Map.entry("refusal", AnswerFlag.REFUSAL),
            Map.entry("tool_calls", AnswerFlag.TOOL_CALLS),
            Map.entry("tool_use", AnswerFlag.TOOL_CALLS),
            Map.entry("function_call", AnswerFlag.TOOL_CALLS));

    private AnswerFlags() {}

    static Set<AnswerFlag> of(Answer answer) {
        Details details = answer.details();
        Set<AnswerFlag> flags = EnumSet.noneOf(AnswerFlag.class);
        ofWord(details.finishReason()).ifPresent(flags::add);
        if (details.refusal() != null) {
            flags.add(AnswerFlag.REFUSAL);
        }
        if (details.toolCalls() != null) {
            flags.add(AnswerFlag.TOOL_CALLS);
        }
        // A model that refuses in a field of its own, or calls a tool, has said something.
        if (answer.response().isBlank() && details.refusal() == null && details.toolCalls() == null) {
            flags.add(AnswerFlag.EMPTY);
        }
        return flags;
    }

    private static Optional<AnswerFlag> ofWord(@Nullable String finishReason) {
        String word = finishReason == null ? "" : finishReason.strip().toLowerCase(Locale.ROOT);
        return word.isEmpty() || PLAIN.contains(word)
                ? Optional.empty() // Some servers give no reason.
                : Optional.of(WORDS.getOrDefault(word, AnswerFlag.UNKNOWN_FINISH_REASON));
    }
}
