package io.projectbeacon.runner.job;

import jakarta.validation.constraints.Positive;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * {@code beacon.jobs}: how much may wait.
 *
 * @param maxQueuedCells cells of queued jobs past which submissions are refused with 429
 */
@Validated
@ConfigurationProperties("beacon.jobs")
record QueueProperties(@DefaultValue("1000000") @Positive long maxQueuedCells) {}
