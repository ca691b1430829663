package io.projectbeacon.runner.region;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Positive;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.validation.annotation.Validated;

/**
 * {@code beacon.inference.breaker}: when this replica stops sending calls to a region that fails.
 *
 * @param failureRate the share of failed calls, in percent, at which no call is sent any more
 * @param window how many of a region's last calls are counted; after fewer calls than this, calls are sent in any case
 * @param openFor how long no call is sent, before trial calls are let through
 * @param trialCalls how many calls then decide whether the region works again
 */
@Validated
@ConfigurationProperties("beacon.inference.breaker")
record BreakerProperties(
        @DefaultValue("50") @Min(1) @Max(100) int failureRate,
        @DefaultValue("20") @Positive int window,
        @DefaultValue("10s") Duration openFor,
        @DefaultValue("3") @Positive int trialCalls) {

    BreakerProperties {
        if (openFor.toMillis() < 1) {
            throw new InvalidConfigurationPropertyValueException(
                    "beacon.inference.breaker.open-for", openFor, "it must be at least 1ms");
        }
    }
}
