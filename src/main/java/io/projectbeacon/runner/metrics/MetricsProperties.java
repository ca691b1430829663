package io.projectbeacon.runner.metrics;

import jakarta.validation.constraints.Positive;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * {@code beacon.metrics}: bounds on the number of series.
 *
 * @param maxJobSeries how many series each of the two per-job counters may have; further ones fold into {@code _other}
 * @param jobSeriesRetention how long the series of a finished job are kept
 * @param maxModels how many model ids appear as labels; further ones are labelled {@code _other}
 */
@Validated
@ConfigurationProperties("beacon.metrics")
record MetricsProperties(
        @DefaultValue("2000") @Positive int maxJobSeries,
        @DefaultValue("2h") Duration jobSeriesRetention,
        @DefaultValue("200") @Positive int maxModels) {

    MetricsProperties {
        if (jobSeriesRetention.isNegative()) {
            throw new IllegalArgumentException(
                    "beacon.metrics.job-series-retention must not be negative, but is " + jobSeriesRetention);
        }
    }
}
