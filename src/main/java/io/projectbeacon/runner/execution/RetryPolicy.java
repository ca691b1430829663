package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.domain.OnUnknown;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.inference.InferenceProperties;
import io.projectbeacon.runner.inference.InferenceResult.Failure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import io.projectbeacon.runner.region.BackoffProperties;
import java.time.Duration;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * Whether a run tries a cell once more by itself, and after what wait: exponential, jittered, and never shorter than
 * the provider asked for.
 */
@Component
class RetryPolicy {

    private final int maxAttempts;
    private final BackoffProperties backoff;

    RetryPolicy(InferenceProperties inference, BackoffProperties backoff) {
        this.maxAttempts = inference.maxAttempts();
        this.backoff = backoff;
    }

    /** The attempts at one cell: those of this run, and what counts of those before. */
    final class Budget {

        private int used;
        private int ended;
        private int repeatedUnknowns;

        private Budget(Counted before) {
            this.used = before.attempts();
            this.repeatedUnknowns = before.repeats();
        }

        Counted counted() {
            return new Counted(used, repeatedUnknowns);
        }

        /** The wait before the next attempt, or empty when the end of this one is the cell's. */
        Optional<Duration> next(Run run, AttemptEnd end) {
            ended++;
            return switch (end) {
                case AttemptEnd.Completed completed -> Optional.empty();
                case AttemptEnd.Failed failed -> {
                    if (!failed.retryable()) {
                        yield Optional.empty();
                    }
                    boolean throttled = failed.failure() instanceof RetryableFailure retryable && retryable.throttled();
                    // Too many requests, or no credit left, is not the cell's fault: it waits for as long as it takes.
                    yield throttled || ++used < maxAttempts ? Optional.of(wait(failed.failure())) : Optional.empty();
                }
                case AttemptEnd.PutOff putOff -> Optional.of(Duration.ZERO);
                // A person decides about a held cell; any other goes on under the same idempotency key.
                case AttemptEnd.Unknown unknown ->
                    run.onUnknown() == OnUnknown.HOLD || ++used >= maxAttempts || !mayRepeat(unknown.failure())
                            ? Optional.empty()
                            : Optional.of(wait(unknown.failure()));
                // The earlier call's answer is paid for, so it is waited for until the job's time is up.
                case AttemptEnd.StillRunning running ->
                    run.holdsUnknown() ? Optional.empty() : Optional.of(wait(running.failure()));
            };
        }

        /** An answer that cannot be read once may be broken on its way; one that never can is paid for each time. */
        private boolean mayRepeat(UnknownOutcome unknown) {
            return unknown.repeats() == UnknownOutcome.ANY_NUMBER || repeatedUnknowns++ < unknown.repeats();
        }

        private Duration wait(Failure failure) {
            Duration jittered = backoff.jittered(ended);
            Duration asked = failure.retryAfter();
            return asked == null ? jittered : asked.plus(jittered.dividedBy(2));
        }
    }

    Budget budget(Counted before) {
        return new Budget(before);
    }
}
