package io.projectbeacon.runner.job;

import io.projectbeacon.runner.domain.Caller;
import org.jspecify.annotations.Nullable;

/**
 * The client's key for a job that it gives no id: unique among the keys of its caller. Items of batches have keys of their own:
 * item 1 under {@code bk} is not what {@code bk/1} names.
 *
 * @param key as in the header, so without control characters
 * @param item the index of the batch's item; null for a job that was posted alone
 */
public record JobKey(String caller, String key, @Nullable Integer item) {

    /** Cannot stand in a header, so that no key of one caller is spelled as one of another. */
    private static final char AFTER_CALLER = '\t';

    /** As in the column {@code idempotency_key}, beside {@code key_of_batch}. */
    String text() {
        String own = item == null ? key : key + "/" + item;
        return caller.equals(Caller.ONLY.name()) ? own : caller + AFTER_CALLER + own;
    }

    boolean isOfBatch() {
        return item != null;
    }
}
