package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.domain.UnknownCause;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.Failure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Turns a server's answer into a result. An answer that is there is kept, whole; a success that cannot be read is of unknown
 * outcome, since the model may have run.
 *
 * <p>A mapper of its own: the API's settings are not the provider's. It reads what servers send beside strict JSON: {@code
 * NaN}, text after the document, members of any depth and length within the 8 MiB of an answer.
 */
final class ReplyReader {

    private static final int UNBOUNDED = Integer.MAX_VALUE;

    /** A number of a million digits would take minutes to convert; none that is of use has so many. */
    private static final int MOST_DIGITS = 20_000;

    private static final int TOO_MANY = 429;
    private static final int SHOWN_OF_A_BODY = 120;

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                    .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
                    .enable(JsonReadFeature.ALLOW_BACKSLASH_ESCAPING_ANY_CHARACTER)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(UNBOUNDED)
                            .maxNameLength(UNBOUNDED)
                            .maxStringLength(UNBOUNDED)
                            .maxNumberLength(MOST_DIGITS)
                            .build())
                    .build())
            .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final Protocol protocol;
    private final StatusTable statuses;
    private final Clock clock;

    ReplyReader(Protocol protocol, StatusTable statuses, Clock clock) {
        this.protocol = protocol;
        this.statuses = statuses;
        this.clock = clock;
    }

    InferenceResult read(ExchangeResult.Reply reply) {
        return switch (meaning(reply)) {
            case Answer answer -> answer;
            case Failure failure -> isReplay(reply) ? failure.replayed() : failure;
        };
    }

    /** Whether the provider says that it has not run the call but told a remembered outcome again. */
    private static boolean isReplay(ExchangeResult.Reply reply) {
        return reply.headers()
                .firstValue("Idempotent-Replayed")
                .filter(value -> value.strip().equalsIgnoreCase("true"))
                .isPresent();
    }

    private InferenceResult meaning(ExchangeResult.Reply reply) {
        Duration retryAfter = RetryAfter.of(reply.headers(), clock);
        String text;
        try {
            text = ReplyText.of(reply.headers(), reply.body());
        } catch (BoundedBody.TooLarge tooLarge) {
            if (StatusTable.isSuccess(reply.status())) {
                return CallFailures.tooLarge(tooLarge, reply.status());
            }
            text = null;
        } catch (IOException packed) {
            text = null;
        }
        JsonNode body = text == null ? null : document(text);
        if (!StatusTable.isSuccess(reply.status())) {
            return statuses.failure(reply.status(), code(reply.status(), body), ProviderText.errorOf(body), retryAfter);
        }
        InferenceResult read =
                body == null ? null : protocol.read(body, new Protocol.Context(reply, statuses, retryAfter));
        return read == null ? unreadable(reply, text, retryAfter) : read;
    }

    /** OpenAI says 429 for "too many calls" and for "no credit left"; only the latter is of use to a person. */
    private static String code(int status, @Nullable JsonNode body) {
        return status == TOO_MANY && body != null && ProviderError.saysOutOfQuota(body.path("error"))
                ? RetryableFailure.OUT_OF_QUOTA
                : "http_" + status;
    }

    /** The document in the text, or the one that the events of a stream add up to; null when there is none. */
    private static @Nullable JsonNode document(String text) {
        String begun = withoutComments(text);
        if (EventStream.isOne(begun)) {
            return EventStream.collect(begun);
        }
        return json(begun);
    }

    /** The JSON document that the text begins with; null when there is none. */
    static @Nullable JsonNode json(String text) {
        try {
            JsonNode document = JSON.readTree(ShallowJson.of(text));
            return document.isMissingNode() ? null : document;
        } catch (JacksonException e) {
            return null;
        }
    }

    /** Gateways send blank lines, and lines that begin with a colon, to keep a connection open while a model thinks. */
    private static String withoutComments(String text) {
        int begin = 0;
        while (begin < text.length()) {
            char c = text.charAt(begin);
            if (c == ':') {
                int end = text.indexOf('\n', begin);
                begin = end < 0 ? text.length() : end + 1;
            } else if (Character.isWhitespace(c) || c == '\uFEFF') {
                begin++;
            } else {
                break;
            }
        }
        return text.substring(begin);
    }

    private static UnknownOutcome unreadable(
            ExchangeResult.Reply reply, @Nullable String text, @Nullable Duration retryAfter) {
        HttpHeaders headers = reply.headers();
        String begins = text == null ? "" : ProviderText.cut(text, SHOWN_OF_A_BODY);
        String message =
                "the answer cannot be read: status %d, content type %s, encoding %s, %d bytes that begin with '%s'"
                        .formatted(
                                reply.status(),
                                headers.firstValue("Content-Type").orElse("none"),
                                headers.firstValue("Content-Encoding").orElse("none"),
                                reply.body().length,
                                begins);
        return new UnknownOutcome(UnknownCause.UNREADABLE, "unreadable_answer", message, reply.status(), retryAfter, 1);
    }
}
