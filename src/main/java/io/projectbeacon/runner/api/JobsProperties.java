package io.projectbeacon.runner.api;

import jakarta.validation.constraints.NotBlank;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * {@code beacon.jobs}: what a JobSpec leaves open.
 *
 * @param defaultPrompt asked when the JobSpec has neither a prompt nor questions
 * @param defaultTimeout how long a job's execution may take, from its start, when its JobSpec does not say; a job keeps
 *     the default that it was accepted under
 */
@Validated
@ConfigurationProperties("beacon.jobs")
record JobsProperties(
        @DefaultValue("Who are you?") @NotBlank String defaultPrompt,
        @DefaultValue("10m") Duration defaultTimeout) {

    JobsProperties {
        if (defaultTimeout.toMillis() < 1) {
            throw new IllegalArgumentException(
                    "beacon.jobs.default-timeout must be at least 1ms, but is " + defaultTimeout);
        }
    }
}
