package io.projectbeacon.runner.api;

import jakarta.validation.constraints.Positive;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * {@code beacon.limits}: how large a JobSpec may be.
 *
 * @param body largest body of a request, 1 B to 1 GB; of a batch, the largest item
 * @param models distinct models of a job
 * @param regions distinct regions of a job
 * @param cells distinct cells of a job
 * @param questions distinct questions of a job
 */
@Validated
@ConfigurationProperties("beacon.limits")
record LimitsProperties(
        @DefaultValue("1MB") DataSize body,
        @DefaultValue("1000") @Positive int models,
        @DefaultValue("100") @Positive int regions,
        @DefaultValue("10000") @Positive int cells,
        @DefaultValue("100") @Positive int questions) {

    private static final DataSize LARGEST_BODY = DataSize.ofGigabytes(1);

    LimitsProperties {
        if (body.toBytes() < 1 || body.compareTo(LARGEST_BODY) > 0) {
            throw new IllegalArgumentException("beacon.limits.body must be 1B to 1GB, but is " + body);
        }
    }
}
