package io.projectbeacon.runner.job;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A cell whose row has been written, as it is now.
 *
 * @param startedAt when its latest attempt began
 * @param attemptEndedAt when that ended, of a cell that waits for its next one
 * @param completedAt when the cell ended
 */
public record CellChange(
        String region,
        String modelId,
        String status,
        int attempt,
        String outcome,
        Instant startedAt,
        @Nullable Instant attemptEndedAt,
        @Nullable Instant completedAt) {}
