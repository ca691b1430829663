package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The protocol of Project Beacon's hybrid router. It answers 200 for failures too, with {@code success: false}. Such a
 * failure may be retried when {@code failure.retryable} says so; where the router does not say, when the failure's
 * status or code is one that passes with time (a time-out, a rate limit, an unavailable provider).
 */
final class HybridRouterProtocol implements Protocol {

    private static final Set<String> OURS = Set.of("id", "name", "regions", "model", "prompt", "region_preference");

    private static final double TEMPERATURE = 0.1;
    private static final int MAX_TOKENS = 500;
    private static final int MAX_CODE = 64;

    private static final Pattern PASSING =
            Pattern.compile("time_?d?_?out|rate_?limit|too_many|unavailable|overload|http_(402|408|425|429|5\\d\\d)");

    /** Codes that stand for 429 when the router names no status. */
    private static final Pattern TOO_MANY = Pattern.compile("rate_?limit|too_many|http_429");

    @Override
    public String path() {
        return "/inference";
    }

    @Override
    public ObjectNode body(InferenceRequest request) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("model", request.modelId());
        body.put("prompt", request.question());
        body.put("temperature", TEMPERATURE);
        body.put("max_tokens", request.maxTokens() == null ? MAX_TOKENS : request.maxTokens());
        body.put("region_preference", request.region());
        body.put("cost_priority", false);
        ModelFields.copy(request.model(), OURS, body);
        return body;
    }

    @Override
    public InferenceResult read(JsonNode body, int status, @Nullable Duration retryAfter) {
        JsonNode success = body.path("success");
        if (!success.isBoolean()) {
            return new FinalFailure("invalid_response", "the answer does not say whether it is a success", status);
        }
        return success.booleanValue()
                ? new Answer(ProviderText.valid(ProviderText.of(body.get("response"))), null, null)
                : failure(body, status, retryAfter);
    }

    private static InferenceResult failure(JsonNode body, int status, @Nullable Duration retryAfter) {
        JsonNode details = body.path("failure");
        String code = code(body, details);
        String message = message(body, details);
        Integer inner = ModelFields.count(details.get("http_status"));
        int refused = TOO_MANY.matcher(word(code)).find() ? HttpStatus.TOO_MANY_REQUESTS.value() : status;
        int httpStatus = inner == null ? refused : inner;
        JsonNode says = details.path("retryable");
        boolean retry =
                says.isBoolean() ? says.booleanValue() : passes(code) || inner != null && HttpStatuses.mayPass(inner);
        return retry
                ? new RetryableFailure(code, message, httpStatus, retryAfter)
                : new FinalFailure(code, message, httpStatus);
    }

    private static String code(JsonNode body, JsonNode details) {
        for (JsonNode node : new JsonNode[] {body.path("error_code"), details.path("code")}) {
            String code = ProviderText.message(node.isMissingNode() ? "" : ProviderText.of(node));
            if (!code.isBlank()) {
                return code.substring(0, Math.min(code.length(), MAX_CODE));
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

    private static boolean passes(String code) {
        return PASSING.matcher(word(code)).find();
    }

    private static String word(String code) {
        return code.toLowerCase(Locale.ROOT).replace('-', '_').replace(' ', '_');
    }
}
