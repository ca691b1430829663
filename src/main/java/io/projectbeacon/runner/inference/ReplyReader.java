package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Turns a server's complete answer into a result. Its JSON mapper is not the API's, whose settings are for clients. */
final class ReplyReader {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final Protocol protocol;
    private final Clock clock;

    ReplyReader(Protocol protocol, Clock clock) {
        this.protocol = protocol;
        this.clock = clock;
    }

    InferenceResult read(ExchangeResult.Reply reply) {
        Duration retryAfter = RetryAfter.of(reply.headers(), clock);
        JsonNode body = parse(reply.body());
        if (!HttpStatuses.isSuccess(reply.status())) {
            return HttpStatuses.failure(reply.status(), ProviderText.errorOf(body), retryAfter);
        }
        if (body == null) {
            return new FinalFailure("invalid_response", "the answer is not JSON", reply.status());
        }
        return protocol.read(body, reply.status(), retryAfter);
    }

    /** Decodes the text first, so that a broken UTF-8 sequence costs one character and not the answer. */
    private static @Nullable JsonNode parse(byte[] body) {
        String text = new String(body, StandardCharsets.UTF_8);
        try {
            return JSON.readTree(text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text);
        } catch (JacksonException e) {
            return null;
        }
    }
}
