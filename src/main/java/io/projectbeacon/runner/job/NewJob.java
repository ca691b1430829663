package io.projectbeacon.runner.job;

import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.jobspec.NormalizedSpec;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A valid, normalised JobSpec as it is to be stored; {@link Jobs#prepare} makes it.
 *
 * @param name with the client's id, or a generated one
 * @param key the client's key for a job that it gave no id
 * @param received the JobSpec as it came, JSON
 * @param content the JobSpec in its normal form, JSON: what "the same job" is decided on and what a run reads
 * @param timeout how long its execution may take, from its start
 */
public record NewJob(
        JobName name, @Nullable JobKey key, NormalizedSpec spec, String received, String content, Duration timeout) {

    /** How many distinct cells it has. */
    public int cells() {
        return spec.cells().size();
    }

    /** By what an existing job is found: by its key if it has one, since its id is generated then. */
    Object foundBy() {
        return key == null ? name : key;
    }

    @Nullable
    String keyText() {
        return key == null ? null : key.text();
    }

    @Nullable
    Boolean hasKeyOfBatch() {
        return key == null ? null : key.isOfBatch();
    }
}
