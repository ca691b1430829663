package io.projectbeacon.runner.metrics;

import jakarta.validation.constraints.Positive;
import java.time.Duration;
import java.util.Set;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * {@code beacon.metrics}: bounds on the number of series.
 *
 * @param maxJobSeries how many series each of the two per-job counters may have; further ones fold into {@code _other}
 * @param jobSeriesRetention how long the series of a finished job are kept
 * @param maxModels how many model ids appear as labels; further ones are labelled {@code _other}
 * @param modelRetention for how long the label of a model that is not used is kept from others
 * @param models model ids that have their label always, beside those
 */
@Validated
@ConfigurationProperties("beacon.metrics")
record MetricsProperties(
        @DefaultValue("2000") @Positive int maxJobSeries,
        @DefaultValue("2h") Duration jobSeriesRetention,
        @DefaultValue("200") @Positive int maxModels,
        @DefaultValue("30m") Duration modelRetention,
        @DefaultValue Set<String> models) {

    MetricsProperties {
        if (jobSeriesRetention.isNegative()) {
            throw new IllegalArgumentException(
                    "beacon.metrics.job-series-retention must not be negative, but is " + jobSeriesRetention);
        }
        if (modelRetention.isNegative()) {
            throw new IllegalArgumentException(
                    "beacon.metrics.model-retention must not be negative, but is " + modelRetention);
        }
    }
}
