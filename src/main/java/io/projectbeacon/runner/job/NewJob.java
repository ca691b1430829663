package io.projectbeacon.runner.job;

import io.projectbeacon.runner.execution.DuplicateLedger.InputDuplicate;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A valid, normalised job that is to be stored.
 *
 * @param jobspecId the client's id, or a generated one
 * @param idempotencyKey the client's key for a job that it gave no id
 * @param spec the JobSpec as it came, JSON
 * @param content the JobSpec in its normal form, JSON: what "the same job" is decided on and what a run reads
 * @param cells how many distinct cells it has
 * @param timeout how long its execution may take, from its start
 * @param minSuccessRate the share of completed cells, 0 to 1, from which the job counts as completed
 */
public record NewJob(
        String jobspecId,
        @Nullable String idempotencyKey,
        String spec,
        String content,
        List<String> models,
        List<String> regions,
        int cells,
        int priority,
        boolean holdsUnknown,
        Duration timeout,
        @Nullable BigDecimal minSuccessRate,
        List<String> warnings,
        List<InputDuplicate> duplicates) {

    /** Under what it is found when it is there already: by its key if it has one, since its id is generated then. */
    String name() {
        return idempotencyKey == null ? "id " + jobspecId : "key " + idempotencyKey;
    }
}
