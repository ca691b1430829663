package io.projectbeacon.runner.worker;

import jakarta.validation.constraints.Positive;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * {@code beacon.worker}: how this replica runs jobs.
 *
 * @param enabled false: this replica only serves the API
 * @param maxJobs jobs that run at once
 * @param maxCells cells of the running jobs past which no further job is started, so that memory does not grow with the
 *     queue; a job of long questions counts for more than it has
 * @param maxTextBytes bytes of the texts of the running jobs, past which no further job is started; null for an eighth of
 *     the heap
 * @param pollInterval how often the queue is looked at when no wake-up call comes
 * @param shutdownTimeout how long a stop waits for running calls before it interrupts them; null for as long as a call
 *     may take
 */
@Validated
@ConfigurationProperties("beacon.worker")
record WorkerProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("1000") @Positive int maxJobs,
        @DefaultValue("100000") @Positive int maxCells,
        @Nullable DataSize maxTextBytes,
        @DefaultValue("1s") Duration pollInterval,
        @Nullable Duration shutdownTimeout) {

    WorkerProperties {
        if (maxTextBytes != null && maxTextBytes.toBytes() < 1) {
            throw new IllegalArgumentException("beacon.worker.max-text-bytes must be positive, but is " + maxTextBytes);
        }
        if (!pollInterval.isPositive()) {
            throw new IllegalArgumentException(
                    "beacon.worker.poll-interval must be longer than zero, but is " + pollInterval);
        }
        if (shutdownTimeout != null && shutdownTimeout.isNegative()) {
            throw new IllegalArgumentException(
                    "beacon.worker.shutdown-timeout must not be negative, but is " + shutdownTimeout);
        }
    }

    /** How many bytes the texts of the running jobs may have. */
    long textBytes() {
        return maxTextBytes == null ? Runtime.getRuntime().maxMemory() / 8 : maxTextBytes.toBytes();
    }
}
