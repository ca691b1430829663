package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.inference.InferenceProperties;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Whether a cell is tried once more by itself, and after what wait: exponential, jittered, and never shorter than the
 * provider asked for.
 */
@Component
class RetryPolicy {

    /** Doubling more often than this passes any maximum, and would overflow. */
    private static final int MOST_DOUBLINGS = 30;

    private final int maxAttempts;
    private final Duration initial;
    private final Duration max;

    RetryPolicy(InferenceProperties properties) {
        this.maxAttempts = properties.maxAttempts();
        this.initial = properties.backoff().initial();
        this.max = properties.backoff().max();
    }

    /** The attempts that one run has made at one cell. */
    final class Budget {

        private int used;
        private int ended;

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
                    // Too many requests, or no credit left: the cell is not to blame, and waits for as long as it
                    // takes.
                    yield throttled || ++used < maxAttempts ? Optional.of(wait(asked(failed))) : Optional.empty();
                }
                // A person decides about a cell that is held; any other goes on under the same idempotency key.
                case AttemptEnd.Unknown unknown ->
                    run.holdsUnknown() || ++used >= maxAttempts ? Optional.empty() : Optional.of(wait(null));
            };
        }

        private Duration wait(@Nullable Duration asked) {
            Duration ceiling = initial.multipliedBy(1L << Math.min(ended - 1, MOST_DOUBLINGS));
            if (ceiling.compareTo(max) > 0) {
                ceiling = max;
            }
            // Half of it at random, so that cells that failed together do not come back together.
            long half = ceiling.toNanos() / 2;
            Duration jittered =
                    Duration.ofNanos(half + ThreadLocalRandom.current().nextLong(half + 1));
            return asked == null ? jittered : asked.plus(jittered.dividedBy(2));
        }

        private static @Nullable Duration asked(AttemptEnd.Failed failed) {
            return failed.failure() instanceof RetryableFailure retryable ? retryable.retryAfter() : null;
        }
    }

    Budget budget() {
        return new Budget();
    }
}
