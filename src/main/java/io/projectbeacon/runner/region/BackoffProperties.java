package io.projectbeacon.runner.region;

import io.projectbeacon.runner.domain.Backoff;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * {@code beacon.inference.backoff}: the wait between two attempts at one cell, and before the next call to a region
 * that refuses calls; it doubles with each failure, with jitter.
 *
 * @param initial the wait after the first failure
 * @param max the longest wait
 */
@ConfigurationProperties("beacon.inference.backoff")
public record BackoffProperties(
        @DefaultValue("1s") Duration initial,
        @DefaultValue("60s") Duration max) {

    public BackoffProperties {
        if (initial.isNegative()) {
            throw new InvalidConfigurationPropertyValueException(
                    "beacon.inference.backoff.initial", initial, "it must not be negative");
        }
        if (initial.compareTo(max) > 0) {
            throw new InvalidConfigurationPropertyValueException(
                    "beacon.inference.backoff.initial",
                    initial,
                    "it is longer than beacon.inference.backoff.max (" + max + ")");
        }
    }

    /**
     * The wait after this many failures in a row; half of it is random, so that calls that failed together are not
     * retried together.
     *
     * @param failures how many in a row, at least 1
     */
    public Duration jittered(int failures) {
        long half = new Backoff(initial, max).after(failures).toNanos() / 2;
        return Duration.ofNanos(half + ThreadLocalRandom.current().nextLong(half + 1));
    }
}
