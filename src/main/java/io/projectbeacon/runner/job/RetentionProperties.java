package io.projectbeacon.runner.job;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * {@code beacon.retention}: what is deleted, and when.
 *
 * @param finishedJobs how long a finished job is kept, with its cells and its ledger of duplicates; unset: for ever
 * @param ids how long the id and the idempotency key of a deleted job stay taken, from the deletion; unset: for ever
 */
@ConfigurationProperties("beacon.retention")
record RetentionProperties(
        @Nullable Duration finishedJobs, @Nullable Duration ids) {

    RetentionProperties {
        check("finished-jobs", finishedJobs);
        check("ids", ids);
    }

    private static void check(String name, @Nullable Duration age) {
        if (age != null && !age.isPositive()) {
            throw new IllegalArgumentException(
                    "beacon.retention.%s must be longer than zero, but is %s".formatted(name, age));
        }
    }
}
