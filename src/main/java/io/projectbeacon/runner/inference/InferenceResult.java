package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.domain.AnswerFlag;
import io.projectbeacon.runner.domain.UnknownCause;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Set;
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

        /** What a reader of the answer should know of before relying on it. */
        public Set<AnswerFlag> flags() {
            return AnswerFlags.of(this);
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

    /** Whether a failure tells how the call under its idempotency key has ended, so that the key is given up. */
    enum Told {
        /** It was not sent, so nothing was told: the key stays. */
        NOT_SENT,
        /** Refused for now, or of unknown outcome: the key stays. */
        NOTHING,
        /** The provider's verdict. It may remember it under the key, so the next attempt takes another key. */
        OUTCOME,
        /** A remembered outcome, told again: the key answers nothing else, whatever this is. */
        REPLAY
    }

    /** The call did not give an answer that counts. */
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

        /** What the provider has told of the call's outcome. */
        Told told();

        /** Whether the provider may have seen the call. */
        default boolean wasSent() {
            return told() != Told.NOT_SENT;
        }

        /** Whether nothing is known of how the call under its key has ended. */
        default boolean tellsNothing() {
            return told() == Told.NOTHING || told() == Told.NOT_SENT;
        }

        /** The text that came with the failure, as far as it went; null when none did. */
        @Nullable
        Answer answer();

        /** The same failure in other words. */
        Failure inWords(String code, String message);

        /** The same failure, told again by a provider that remembers it. */
        Failure replayed();

        /** The same failure with the text that came with it. */
        Failure with(@Nullable Answer answer);
    }

    /** Definitely not run, refused for now, or failed in a way that may pass: another attempt may succeed. */
    record RetryableFailure(
            String code,
            String message,
            @Nullable Integer httpStatus,
            @Nullable Duration retryAfter,
            Told told,
            @Nullable Answer answer)
            implements Failure {

        /** The code of a 429 that says that no credit is left. */
        public static final String OUT_OF_QUOTA = "insufficient_quota";

        private static final String PAUSED = "region_paused";

        public RetryableFailure(
                String code, String message, @Nullable Integer httpStatus, @Nullable Duration retryAfter, Told told) {
            this(code, message, httpStatus, retryAfter, told, null);
        }

        public RetryableFailure(
                String code, String message, @Nullable Integer httpStatus, @Nullable Duration retryAfter) {
            this(code, message, httpStatus, retryAfter, Told.NOTHING);
        }

        /** The failure of a call that never left. */
        public static RetryableFailure notSent(String code, String why, @Nullable Duration retryAfter) {
            return new RetryableFailure(code, "not sent: " + why, null, retryAfter, Told.NOT_SENT);
        }

        /** The region was paused before anything was sent. */
        static RetryableFailure paused() {
            return notSent(PAUSED, "the region is paused", null);
        }

        /** Whether the call was not begun, since its region was paused. */
        public boolean isPaused() {
            return !wasSent() && code.equals(PAUSED);
        }

        /** Whether the provider is asked too much, or not paid enough: the cell is not to blame. */
        public boolean throttled() {
            return httpStatus != null && (httpStatus == 429 || httpStatus == 402);
        }

        /** Whether the provider is at work on another call under the same key. */
        public boolean keyInUse() {
            return httpStatus != null && (httpStatus == 409 || httpStatus == 423 || httpStatus == 425);
        }

        @Override
        public RetryableFailure inWords(String other, String words) {
            return new RetryableFailure(other, words, httpStatus, retryAfter, told, answer);
        }

        @Override
        public RetryableFailure replayed() {
            return new RetryableFailure(code, message, httpStatus, retryAfter, Told.REPLAY, answer);
        }

        @Override
        public RetryableFailure with(@Nullable Answer text) {
            return new RetryableFailure(code, message, httpStatus, retryAfter, told, text);
        }
    }

    /** The provider refused for good: another attempt of the same call would fail the same way. */
    record FinalFailure(
            String code,
            String message,
            @Nullable Integer httpStatus,
            Told told,
            @Nullable Answer answer) implements Failure {

        public FinalFailure(String code, String message, @Nullable Integer httpStatus, Told told) {
            this(code, message, httpStatus, told, null);
        }

        @Override
        public @Nullable Duration retryAfter() {
            return null;
        }

        @Override
        public FinalFailure inWords(String other, String words) {
            return new FinalFailure(other, words, httpStatus, told, answer);
        }

        @Override
        public FinalFailure replayed() {
            return new FinalFailure(code, message, httpStatus, Told.REPLAY, answer);
        }

        @Override
        public FinalFailure with(@Nullable Answer text) {
            return new FinalFailure(code, message, httpStatus, told, text);
        }
    }

    /**
     * The request may have been sent and its end was not seen, or cannot be read: it is not known whether the provider ran
     * it.
     *
     * @param cause why the end is not known
     * @param repeats how often a run may repeat such a call by itself, under the same key
     */
    record UnknownOutcome(
            UnknownCause cause,
            String code,
            String message,
            @Nullable Integer httpStatus,
            @Nullable Duration retryAfter,
            int repeats,
            Told told,
            @Nullable Answer answer)
            implements Failure {

        /** As often as the attempts of a cell allow. */
        public static final int ANY_NUMBER = Integer.MAX_VALUE;

        public UnknownOutcome(
                UnknownCause cause,
                String code,
                String message,
                @Nullable Integer httpStatus,
                @Nullable Duration retryAfter,
                int repeats) {
            this(cause, code, message, httpStatus, retryAfter, repeats, Told.NOTHING, null);
        }

        public UnknownOutcome(UnknownCause cause, String code, String message, @Nullable Integer httpStatus) {
            this(cause, code, message, httpStatus, null, ANY_NUMBER);
        }

        @Override
        public UnknownOutcome inWords(String other, String words) {
            return new UnknownOutcome(cause, other, words, httpStatus, retryAfter, repeats, told, answer);
        }

        @Override
        public UnknownOutcome replayed() {
            return new UnknownOutcome(cause, code, message, httpStatus, retryAfter, repeats, Told.REPLAY, answer);
        }

        @Override
        public UnknownOutcome with(@Nullable Answer text) {
            return new UnknownOutcome(cause, code, message, httpStatus, retryAfter, repeats, told, text);
        }
    }
}
