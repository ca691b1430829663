package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** OpenAI's chat completions, as many servers speak it. Source: OpenAI's API reference, "Create chat completion". */
final class OpenAiProtocol implements Protocol {

    /** The JobSpec's own fields, and those that would make this another call than the cell's: one unstreamed answer. */
    private static final Set<String> OURS =
            Set.of("id", "name", "regions", "model", "messages", "stream", "stream_options", "n");

    @Override
    public String path() {
        return "/chat/completions";
    }

    @Override
    public ObjectNode body(InferenceRequest request) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("model", request.modelId());
        body.putArray("messages").addObject().put("role", "user").put("content", request.question());
        // Newer models refuse max_tokens beside max_completion_tokens, so the model's own word stands alone.
        if (request.maxTokens() != null && !request.model().has("max_completion_tokens")) {
            body.put("max_tokens", request.maxTokens());
        }
        ModelFields.copy(request.model(), OURS, body);
        return body;
    }

    @Override
    public InferenceResult read(JsonNode body, int status, @Nullable Duration retryAfter) {
        JsonNode message = body.path("choices").path(0).path("message");
        if (!message.isObject()) {
            String said = ProviderText.errorOf(body);
            return new FinalFailure(
                    "invalid_response", said == null ? "the answer has no choices[0].message" : said, status);
        }
        JsonNode usage = body.path("usage");
        return new Answer(
                ProviderText.valid(ProviderText.of(message.get("content"))),
                ModelFields.count(usage.get("prompt_tokens")),
                ModelFields.count(usage.get("completion_tokens")));
    }
}
