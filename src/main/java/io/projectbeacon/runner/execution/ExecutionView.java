package io.projectbeacon.runner.execution;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An execution as a client sees it.
 *
 * @param caller whose job it is; left out where it is the default caller's
 * @param durationMs what the latest attempt took, in milliseconds, once it has ended
 * @param flagged the marks of a completed cell's answers
 * @param answers a JSON array, as stored
 */
public record ExecutionView(
        long id,
        String jobspecId,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String caller,
        String region,
        String modelId,
        String status,
        int attempt,
        Instant createdAt,
        Instant startedAt,
        @Nullable Instant completedAt,
        @Nullable Long durationMs,
        List<String> flagged,
        @JsonRawValue String answers,
        @Nullable ErrorView error,
        List<AttemptView> attempts) {

    /**
     * Why a cell has no answer.
     *
     * @param paid whether the provider was paid for an answer that the job does not accept
     * @param answer what came with the failure, in the form of an answer; JSON
     */
    public record ErrorView(
            String code,
            String message,
            @Nullable Integer httpStatus,
            boolean retryable,
            boolean paid,
            @JsonRawValue @Nullable String answer,
            String provider) {}

    /**
     * Tries at the cell that followed each other and ended alike.
     *
     * @param attempt the number of the first of them
     * @param times how many there are
     * @param startedAt when the first began
     * @param endedAt when the last ended
     * @param outcome of each of them
     * @param code why they gave no answer; null when they did, or are under way
     * @param message of the last of them
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record AttemptView(
            int attempt,
            int times,
            String runner,
            long fence,
            Instant startedAt,

            @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable
            Instant endedAt,

            String outcome,
            @Nullable String code,
            @Nullable String message,
            @Nullable Integer httpStatus,
            @Nullable Boolean paid) {}
}
