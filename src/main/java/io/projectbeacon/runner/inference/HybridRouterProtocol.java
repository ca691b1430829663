package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.domain.ParameterNames;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.Failure;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.Told;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The protocol of Project Beacon's hybrid router. It answers 200 for failures too, with {@code success: false}. Such a
 * failure means what its status or code would mean as a status; without one it may be retried, unless {@code
 * failure.retryable} says no.
 */
final class HybridRouterProtocol implements Protocol {

    private static final double TEMPERATURE = 0.1;
    private static final int MAX_TOKENS = 500;

    @Override
    public String path() {
        return "/inference";
    }

    @Override
    public ObjectNode body(InferenceRequest request) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("temperature", TEMPERATURE);
        body.put(ParameterNames.MAX_TOKENS, MAX_TOKENS);
        body.put("cost_priority", false);
        body.setAll(request.parameters());
        // The router's bound has the older name only.
        JsonNode newerName = body.remove(ParameterNames.MAX_COMPLETION_TOKENS);
        if (newerName != null) {
            body.set(ParameterNames.MAX_TOKENS, newerName);
        }
        // Last, so that whatever the parameters say, it is the cell's own call.
        body.put("model", request.modelId());
        body.put("region_preference", request.region());
        body.put("prompt", RouterPrompt.of(request.messages()));
        if (!RouterPrompt.saysAll(request.messages())) {
            body.set("messages", request.messages());
        }
        return body;
    }

    @Override
    public @Nullable InferenceResult read(JsonNode body, Context context) {
        JsonNode success = body.path("success");
        Answer answer = new Answer(
                ProviderText.valid(ProviderText.of(body.get("response"))), null, null, AnswerDetails.of(body, context));
        if (success.isBoolean() && success.booleanValue()) {
            return answer;
        }
        if (!success.isBoolean() && !ProviderError.isThere(body.get("error"))) {
            return null;
        }
        Failure failure = success.isBoolean()
                ? failure(body, context)
                : ProviderError.failure(body.path("error"), ProviderText.errorOf(body), context);
        return failure.with(answer.response().isBlank() ? null : answer);
    }

    /** By the same table as any error in a success; where the router says whether to retry, that decides. */
    private static Failure failure(JsonNode body, Context context) {
        JsonNode details = body.path("failure");
        String code = code(body, details);
        String message = message(body, details);
        Integer status = status(code, details);
        if (status != null) {
            return context.statuses().failure(status, code, message, context.retryAfter());
        }
        JsonNode says = details.path("retryable");
        boolean retry = !says.isBoolean() || says.booleanValue();
        return retry
                ? new RetryableFailure(code, message, context.status(), context.retryAfter(), Told.OUTCOME)
                : new FinalFailure(code, message, context.status(), Told.OUTCOME);
    }

    private static @Nullable Integer status(String code, JsonNode details) {
        Integer inner = ProviderError.asStatus(details.get("http_status"));
        if (inner != null) {
            return inner;
        }
        return ProviderError.asStatus(JsonNodeFactory.instance.stringNode(code));
    }

    private static String code(JsonNode body, JsonNode details) {
        for (JsonNode node : new JsonNode[] {body.path("error_code"), details.path("code")}) {
            String code = ProviderText.message(node.isMissingNode() ? "" : ProviderText.of(node));
            if (!code.isBlank()) {
                return ProviderText.cut(code, ProviderError.MAX_CODE);
            }
        }
        return "provider_failure";
    }

    private static String message(JsonNode body, JsonNode details) {
        String said = ProviderText.errorOf(body);
        if (said == null && details.isObject()) {
            said = ProviderText.errorOf(details);
        }
        return said == null ? "the router reports a failure and does not say why" : said;
    }
}
