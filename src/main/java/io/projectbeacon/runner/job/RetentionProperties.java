package io.projectbeacon.runner.job;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * {@code beacon.retention}: what is deleted, and when.
 *
 * @param finishedJobs how long a finished job is kept, with its cells and its ledger of duplicates; unset: for ever
 */
@ConfigurationProperties("beacon.retention")
record RetentionProperties(@Nullable Duration finishedJobs) {

    RetentionProperties {
        if (finishedJobs != null && !finishedJobs.isPositive()) {
            throw new IllegalArgumentException(
                    "beacon.retention.finished-jobs must be longer than zero, but is " + finishedJobs);
        }
    }
}
