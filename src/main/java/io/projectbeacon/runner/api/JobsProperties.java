package io.projectbeacon.runner.api;

import jakarta.validation.constraints.NotBlank;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * {@code beacon.jobs}: what a JobSpec leaves open.
 *
 * @param defaultPrompt asked when the JobSpec has neither a prompt nor questions
 */
@Validated
@ConfigurationProperties("beacon.jobs")
record JobsProperties(
        @DefaultValue("Who are you?") @NotBlank String defaultPrompt) {}
