package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.domain.UnknownCause;
import io.projectbeacon.runner.inference.InferenceResult.Failure;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.Told;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a status means, whether it came as the status of an HTTP answer or as the code of an error in the body of a 200. The
 * same table stands in docs/providers.md.
 */
final class StatusTable {

    /** What follows from a status. */
    enum Meaning {
        SUCCESS,
        /** A gateway's word: a model may be running behind it. The outcome is unknown. */
        AMBIGUOUS,
        /** The provider did not begin, and may do so later: retried under the same key. */
        REFUSED_FOR_NOW,
        /** The provider failed: retried. */
        FAILED,
        /** The provider refused for good. */
        FINAL
    }

    private static final Set<Integer> FOR_NOW = Set.of(402, 409, 423, 424, 425, 429, 444, 460, 498, 503, 529);

    /** Of the failures, those in which the provider speaks for the model: it may remember them under their key. */
    private static final Set<Integer> VERDICTS_OF_A_SERVER = Set.of(500, 501);

    private final Set<Integer> ambiguous;

    /** @param ambiguous {@code beacon.inference.ambiguous-statuses} */
    StatusTable(Set<Integer> ambiguous) {
        this.ambiguous = Set.copyOf(ambiguous);
    }

    static boolean isSuccess(int status) {
        return status >= 200 && status < 300;
    }

    Meaning of(int status) {
        if (isSuccess(status)) {
            return Meaning.SUCCESS;
        }
        if (ambiguous.contains(status)) {
            return Meaning.AMBIGUOUS;
        }
        if (FOR_NOW.contains(status)) {
            return Meaning.REFUSED_FOR_NOW;
        }
        return status >= 500 ? Meaning.FAILED : Meaning.FINAL;
    }

    /** What a failure with this status tells of the call's outcome. */
    Told told(int status) {
        boolean verdict = switch (of(status)) {
            case FINAL -> status >= 400;
            case FAILED -> VERDICTS_OF_A_SERVER.contains(status);
            case SUCCESS, AMBIGUOUS, REFUSED_FOR_NOW -> false;
        };
        return verdict ? Told.OUTCOME : Told.NOTHING;
    }

    /**
     * The failure that a status means.
     *
     * @param status no success
     * @param code a word for machines, such as {@code http_503}
     * @param said the provider's explanation, when it gave one
     */
    Failure failure(int status, String code, @Nullable String said, @Nullable Duration retryAfter) {
        if (status >= 300 && status < 400) {
            // Following it would be a second send, to a place that is not configured.
            return new FinalFailure(
                    "redirect_refused", "the provider redirects, which is not followed", status, Told.NOTHING);
        }
        String message = said == null ? "the provider answered " + status : said;
        return switch (of(status)) {
            case AMBIGUOUS ->
                new UnknownOutcome(UnknownCause.STATUS, code, message, status, retryAfter, UnknownOutcome.ANY_NUMBER);
            case REFUSED_FOR_NOW, FAILED -> new RetryableFailure(code, message, status, retryAfter, told(status));
            case FINAL -> new FinalFailure(code, message, status, told(status));
            case SUCCESS -> throw new IllegalArgumentException("a success is no failure: " + status);
        };
    }
}
