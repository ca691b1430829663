package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceResult.Failure;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a status that is not a success means for the next attempt. */
final class Statuses {

    /** Of the 4xx: too slow, out of credit, too early, too many. All of them pass with time. */
    private static final Set<Integer> PASSING = Set.of(402, 408, 425, 429);

    private Statuses() {}

    static boolean isSuccess(int status) {
        return status >= 200 && status < 300;
    }

    static boolean mayPass(int status) {
        return status >= 500 || PASSING.contains(status);
    }

    static Failure failure(int status, @Nullable String said, @Nullable Duration retryAfter) {
        if (status >= 300 && status < 400) {
            // Following it would be a second send, to a place that nobody configured.
            return new FinalFailure("redirect_refused", "the provider redirects, which is not followed", status);
        }
        String message = said == null ? "the provider answered " + status : said;
        return mayPass(status)
                ? new RetryableFailure("http_" + status, message, status, retryAfter)
                : new FinalFailure("http_" + status, message, status);
    }
}
