package io.projectbeacon.runner.execution;

import com.fasterxml.jackson.annotation.JsonRawValue;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An execution as a client sees it.
 *
 * @param durationMs what the latest attempt took, in milliseconds, once it has ended
 * @param answers a JSON array, as stored
 */
public record ExecutionView(
        long id,
        String jobspecId,
        String region,
        String modelId,
        String status,
        int attempt,
        Instant createdAt,
        Instant startedAt,
        @Nullable Instant completedAt,
        @Nullable Long durationMs,
        @JsonRawValue String answers,
        @Nullable ErrorView error,
        List<AttemptView> attempts) {

    /** Why a cell has no answer. */
    public record ErrorView(
            String code, String message, @Nullable Integer httpStatus, boolean retryable, String provider) {}

    /** One try at the cell. */
    public record AttemptView(
            int attempt,
            String runner,
            long fence,
            Instant startedAt,
            @Nullable Instant endedAt,
            String outcome) {}
}
