package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.Failure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.Told;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** OpenAI's chat completions, as many servers speak it. Source: OpenAI's API reference, "Create chat completion". */
final class OpenAiProtocol implements Protocol {

    /** The words of servers for a generation that they did not finish. */
    private static final Set<String> BROKEN_OFF =
            Set.of("error", "abort", "aborted", "cancelled", "canceled", "failed", "timeout", "server_error");

    @Override
    public String path() {
        return "/chat/completions";
    }

    @Override
    public ObjectNode body(InferenceRequest request) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.setAll(request.parameters());
        // Last, so that whatever the parameters say, it is the cell's own call: one answer that is not streamed.
        body.put("model", request.modelId());
        body.set("messages", request.messages());
        body.put("stream", false);
        return body;
    }

    @Override
    public @Nullable InferenceResult read(JsonNode body, Context context) {
        JsonNode choice = body.path("choices").path(0);
        Answer answer = answer(body, choice, context);
        Failure failure = failure(body, choice, context);
        return failure == null
                ? answer
                : failure.with(answer == null || answer.response().isBlank() ? null : answer);
    }

    private static @Nullable Failure failure(JsonNode body, JsonNode choice, Context context) {
        for (JsonNode error : new JsonNode[] {body.path("error"), choice.path("error")}) {
            if (ProviderError.isThere(error)) {
                return ProviderError.failure(error, ProviderText.errorText(error), context);
            }
        }
        return isBrokenOff(choice.path("finish_reason"))
                ? new RetryableFailure(
                        "generation_failed",
                        "the provider broke the generation off: finish_reason "
                                + ProviderText.of(choice.get("finish_reason")),
                        context.status(),
                        context.retryAfter(),
                        Told.OUTCOME)
                : null;
    }

    private static @Nullable Answer answer(JsonNode body, JsonNode choice, Context context) {
        // Some servers answer a chat with the older form of a completion, whose text stands in the choice.
        JsonNode message = choice.path("message").isObject() ? choice.path("message") : choice;
        if (!choice.path("message").isObject() && !choice.path("text").isString()) {
            return null;
        }
        JsonNode usage = body.path("usage");
        return new Answer(
                ProviderText.valid(
                        ProviderText.of(message.has("content") ? message.get("content") : message.get("text"))),
                TokenCount.of(usage.has("prompt_tokens") ? usage.get("prompt_tokens") : usage.get("input_tokens")),
                TokenCount.of(
                        usage.has("completion_tokens") ? usage.get("completion_tokens") : usage.get("output_tokens")),
                AnswerDetails.of(body, choice, message, context));
    }

    private static boolean isBrokenOff(JsonNode finishReason) {
        return finishReason.isString()
                && BROKEN_OFF.contains(finishReason.stringValue().toLowerCase(Locale.ROOT));
    }
}
