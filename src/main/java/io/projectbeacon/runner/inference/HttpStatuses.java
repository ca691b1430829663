package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceResult.Failure;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tells whether a status is a success, and if not, whether another attempt may succeed. */
final class HttpStatuses {

    /** The 4xx that pass with time: out of credit (402), too slow (408), too early (425), too many (429). */
    private static final Set<Integer> PASSING = Set.of(402, 408, 425, 429);

    private HttpStatuses() {}

    static boolean isSuccess(int status) {
        return status >= 200 && status < 300;
    }

    static boolean mayPass(int status) {
        return status >= 500 || PASSING.contains(status);
    }

    static Failure failure(int status, @Nullable String said, @Nullable Duration retryAfter) {
        if (status >= 300 && status < 400) {
            // Following it would be a second send, to an address that is not configured.
            return new FinalFailure("redirect_refused", "the provider redirects, which is not followed", status);
        }
        String message = said == null ? "the provider answered " + status : said;
        return mayPass(status)
                ? new RetryableFailure("http_" + status, message, status, retryAfter)
                : new FinalFailure("http_" + status, message, status);
    }
}
