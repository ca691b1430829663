package io.projectbeacon.runner.job;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Positive;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * {@code beacon.jobs}: what a JobSpec leaves open, and how much may wait.
 *
 * @param defaultPrompt asked when the JobSpec has neither a prompt nor questions
 * @param defaultTimeout how long a job's execution may take, from its start, when its JobSpec does not say; a job keeps
 *     the default that it was accepted under
 * @param maxQueuedCells cells of queued jobs past which submissions are refused with 429. What one replica takes in
 *     never goes past it; several together may go past it by what they take in within a second. Retries are never
 *     refused
 * @param maxQueuedBytes bytes of the texts of queued jobs, bounded in the same way
 */
@Validated
@ConfigurationProperties("beacon.jobs")
public record JobsProperties(
        @DefaultValue("Who are you?") @NotBlank String defaultPrompt,
        @DefaultValue("10m") Duration defaultTimeout,
        @DefaultValue("1000000") @Positive long maxQueuedCells,
        @DefaultValue("1GB") DataSize maxQueuedBytes) {

    public JobsProperties {
        if (defaultTimeout.toMillis() < 1) {
            throw new IllegalArgumentException(
                    "beacon.jobs.default-timeout must be at least 1ms, but is " + defaultTimeout);
        }
        if (maxQueuedBytes.toBytes() < 1) {
            throw new IllegalArgumentException(
                    "beacon.jobs.max-queued-bytes must be positive, but is " + maxQueuedBytes);
        }
    }
}
