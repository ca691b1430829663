package io.projectbeacon.runner.inference;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The result of one call. */
public sealed interface InferenceResult {

    /**
     * The provider answered. An empty completion is an answer too.
     *
     * @param response the model's text, perhaps empty, always valid Unicode
     * @param promptTokens as the provider counted them, when it did
     * @param completionTokens as the provider counted them, when it did
     */
    record Answer(
            String response,
            @Nullable Integer promptTokens,
            @Nullable Integer completionTokens) implements InferenceResult {}

    /** The call did not give an answer. */
    sealed interface Failure extends InferenceResult {

        /** What went wrong, as a code for programs, such as {@code connection_refused} or {@code http_503}. */
        String code();

        /** What went wrong, for people. Holds no secret. */
        String message();

        /** The status the provider answered with, when it answered at all. */
        @Nullable
        Integer httpStatus();
    }

    /**
     * The call was definitely not run, or the provider refused it for now: another attempt may succeed.
     *
     * @param retryAfter how long the provider asked to wait, when it did
     */
    record RetryableFailure(
            String code,
            String message,
            @Nullable Integer httpStatus,
            @Nullable Duration retryAfter) implements Failure {

        /** Whether the provider refused with 429 (too many calls) or 402 (no credit left): the cell is not to blame. */
        public boolean throttled() {
            return httpStatus != null && (httpStatus == 429 || httpStatus == 402);
        }
    }

    /** The provider refused for good: another attempt of the same call would fail the same way. */
    record FinalFailure(
            String code, String message, @Nullable Integer httpStatus) implements Failure {}

    /** The request may have been sent and its end was not seen: the service cannot know whether the provider ran it. */
    record UnknownOutcome(
            String code, String message, @Nullable Integer httpStatus) implements Failure {}
}
