package io.projectbeacon.runner.job;

import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.domain.Nonce;
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
 * @param nonce by which its signature is good for this job alone; null when it is not signed
 */
public record NewJob(
        JobName name,
        @Nullable JobKey key,
        NormalizedSpec spec,
        String received,
        String content,
        Duration timeout,
        @Nullable Nonce nonce) {

    /** The same, signed. */
    public NewJob signed(Nonce by) {
        return new NewJob(name, key, spec, received, content, timeout, by);
    }

    /** How many distinct cells it has. */
    public int cells() {
        return spec.cells().size();
    }

    /** Whether it may be stored; if not, it is only good for finding the job that is stored already. */
    boolean isStorable() {
        return nonce == null || nonce.isCurrent();
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
