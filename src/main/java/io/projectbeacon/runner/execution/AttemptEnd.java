package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.inference.InferenceResult.Failure;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.Told;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** How an attempt ended, as far as its run saw. */
sealed interface AttemptEnd {

    /** What had been answered by then, in the order of the questions. */
    Answers answers();

    /** Every question is answered. */
    record Completed(Answers answers) implements AttemptEnd {}

    /**
     * The provider did not run the call, refused it, or failed at it; or it answered what the job counts as a failure.
     *
     * @param paid whether it is an answer that the job does not accept
     * @param text what came with the failure, in the form of an answer
     */
    record Failed(
            Answers answers,
            Failure failure,
            boolean retryable,
            boolean paid,
            @Nullable JsonNode text) implements AttemptEnd {

        Failed(Answers answers, Failure failure, boolean retryable) {
            this(answers, failure, retryable, false, null);
        }
    }

    /** The call was sent and its end was not seen. */
    record Unknown(
            Answers answers,
            UnknownOutcome failure,
            @Nullable JsonNode text) implements AttemptEnd {

        Unknown(Answers answers, UnknownOutcome failure) {
            this(answers, failure, null);
        }
    }

    /** An earlier call under the same key is still running, as the provider says; this one was not begun. */
    record StillRunning(Answers answers, Failure failure) implements AttemptEnd {}

    /**
     * The region was paused, or the run ends or puts its job aside, before a question was asked: the next attempt goes on
     * with that question.
     */
    record PutOff(Answers answers) implements AttemptEnd {

        static final Failure NOT_SENT = RetryableFailure.notSent(
                "put_off", "no call was sent: the region took none at the time, or the run was stopped", null);
    }

    /** The code of an end that the database refuses. */
    String NOT_STORABLE = "not_storable";

    /**
     * The database refuses the answer: a row that says so is better than a cell that is called for ever.
     *
     * @param paid whether there was an answer
     */
    static AttemptEnd notStorable(Answers durable, boolean paid) {
        return new Failed(
                durable,
                new FinalFailure(NOT_STORABLE, "The database refused the answer", null, Told.NOTHING),
                false,
                paid,
                null);
    }
}
