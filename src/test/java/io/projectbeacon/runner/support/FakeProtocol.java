package io.projectbeacon.runner.support;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The two protocols that a {@link FakeProvider} speaks. */
enum FakeProtocol {
    OPENAI {
        @Override
        String prompt(JsonNode request) {
            return request.path("messages").path(0).path("content").asString("");
        }

        @Override
        String answer(JsonNode request, String text) {
            ObjectNode body = JsonMapper.shared().createObjectNode();
            body.put("id", "chatcmpl-fake").put("object", "chat.completion").set("model", request.path("model"));
            ObjectNode choice = body.putArray("choices").addObject();
            choice.put("index", 0).put("finish_reason", "stop");
            choice.putObject("message").put("role", "assistant").put("content", text);
            body.putObject("usage")
                    .put("prompt_tokens", words(prompt(request)))
                    .put("completion_tokens", words(text))
                    .put("total_tokens", words(prompt(request)) + words(text));
            return body.toString();
        }
    },
    HYBRID_ROUTER {
        @Override
        String prompt(JsonNode request) {
            return request.path("prompt").asString("");
        }

        @Override
        String answer(JsonNode request, String text) {
            ObjectNode body = JsonMapper.shared().createObjectNode();
            body.put("success", true).put("response", text).putNull("error").putNull("error_code");
            body.put("provider_used", "fake").put("inference_time", 0.1).put("cost_estimate", 0.001);
            body.putObject("metadata");
            return body.toString();
        }
    };

    abstract String prompt(JsonNode request);

    abstract String answer(JsonNode request, String text);

    /** The protocol of a path below a region, or null when there is none. */
    static @Nullable FakeProtocol of(String path) {
        return switch (path) {
            case "v1/chat/completions" -> OPENAI;
            case "inference" -> HYBRID_ROUTER;
            default -> null;
        };
    }

    private static int words(String text) {
        return text.isBlank() ? 0 : text.strip().split("\\s+").length;
    }
}
