package io.projectbeacon.runner.inference;

import java.math.BigDecimal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The result of one call. */
public sealed interface InferenceResult {

    /**
     * The provider answered. An empty completion is an answer too.
     *
     * @param response the model's text, perhaps empty, always valid Unicode
     * @param promptTokens as the provider counted them, when it did
     * @param completionTokens as the provider counted them, when it did
     * @param details everything else that came with the text
     */
    record Answer(
            String response,
            @Nullable Integer promptTokens,
            @Nullable Integer completionTokens,
            Details details) implements InferenceResult {

        public Answer(String response, @Nullable Integer promptTokens, @Nullable Integer completionTokens) {
            this(response, promptTokens, completionTokens, Details.NONE);
        }
    }

    /**
     * What a provider says beside the text of its answer; each may be missing.
     *
     * @param finishReason why the text ended, in the provider's word
     * @param refusal why the model refused, in its own words
     * @param reasoning the model's thoughts before its answer
     * @param toolCalls the calls of tools that the model wants made, as they came
     * @param model the model that answered, as the provider names it
     * @param requestId the provider's name for this call
     * @param fingerprint of the provider's system
     * @param usage as it came
     * @param cost in the provider's currency, if it states one
     */
    record Details(
            @Nullable String finishReason,
            @Nullable String refusal,
            @Nullable String reasoning,
            @Nullable JsonNode toolCalls,
            @Nullable String model,
            @Nullable String requestId,
            @Nullable String fingerprint,
            @Nullable JsonNode usage,
            @Nullable BigDecimal cost) {

        public static final Details NONE = new Details(null, null, null, null, null, null, null, null, null);
    }

    /** The call did not give an answer. */
    sealed interface Failure extends InferenceResult {

        /** What went wrong, as a word for machines, such as {@code connection_refused} or {@code http_503}. */
        String code();

        /** What went wrong, for people. Has no secret in it. */
        String message();

        /** The status the provider answered with, when it answered at all. */
        @Nullable
        Integer httpStatus();

        /** How long the provider asked to wait, when it did. */
        @Nullable
        Duration retryAfter();

        /**
         * Whether the provider has told the outcome of the call. It may remember such an outcome under the call's
         * idempotency key, so the next attempt takes another key.
         */
        boolean verdict();
    }

    /** Definitely not run, refused for now, or failed in a way that may pass: another attempt may succeed. */
    record RetryableFailure(
            String code,
            String message,
            @Nullable Integer httpStatus,
            @Nullable Duration retryAfter,
            boolean verdict) implements Failure {

        public RetryableFailure(
                String code, String message, @Nullable Integer httpStatus, @Nullable Duration retryAfter) {
            this(code, message, httpStatus, retryAfter, false);
        }

        /** Whether the provider is asked too much, or not paid enough: the cell is not to blame. */
        public boolean throttled() {
            return httpStatus != null && (httpStatus == 429 || httpStatus == 402);
        }
    }

    /** The provider refused for good: another attempt of the same call would fail the same way. */
    record FinalFailure(
            String code, String message, @Nullable Integer httpStatus, boolean verdict) implements Failure {

        /** A refusal that is the provider's own if it came with a status. */
        public FinalFailure(String code, String message, @Nullable Integer httpStatus) {
            this(code, message, httpStatus, httpStatus != null);
        }

        @Override
        public @Nullable Duration retryAfter() {
            return null;
        }
    }

    /**
     * The request may have been sent and its end was not seen, or cannot be read: it is not known whether the provider ran
     * it.
     *
     * @param repeats how often a run may repeat such a call by itself, under the same key
     */
    record UnknownOutcome(
            String code,
            String message,
            @Nullable Integer httpStatus,
            @Nullable Duration retryAfter,
            int repeats) implements Failure {

        /** As often as the attempts of a cell allow. */
        public static final int ANY_NUMBER = Integer.MAX_VALUE;

        public UnknownOutcome(String code, String message, @Nullable Integer httpStatus) {
            this(code, message, httpStatus, null, ANY_NUMBER);
        }

        @Override
        public boolean verdict() {
            return false;
        }
    }
}
