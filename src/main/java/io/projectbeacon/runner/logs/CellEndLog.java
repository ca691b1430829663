package io.projectbeacon.runner.logs;

import io.projectbeacon.runner.domain.ExecutionStatus;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line for each cell that ends otherwise than completed, whatever ended it: its call, the run after one that is gone, a
 * cancel, the job's deadline. Cells that were never claimed have no line: "Job ended" counts them.
 */
public final class CellEndLog {

    private static final Logger log = LoggerFactory.getLogger(CellEndLog.class);

    private CellEndLog() {}

    /**
     * To be called when the end is durable.
     *
     * @param code why, as {@code error.code} of the cell has it
     */
    public static void ended(
            String jobId, String region, String modelId, int attempt, ExecutionStatus status, @Nullable String code) {
        log.atInfo()
                .addKeyValue("job_id", jobId)
                .addKeyValue("region", region)
                .addKeyValue("model_id", modelId)
                .addKeyValue("attempt", attempt)
                .addKeyValue("code", code)
                .log("Cell ended {}", status.wireName());
    }
}
