package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.GuardedProtocol;
import jakarta.validation.constraints.Positive;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * {@code beacon.limits}: how large a JobSpec may be, and what requests may take while they come and are answered.
 *
 * @param body largest body of a request, 1 B to 1 GB; of a batch, the largest item
 * @param models distinct models of a job
 * @param regions distinct regions of a job
 * @param cells distinct cells of a job
 * @param questions distinct questions of a job
 * @param nodes values of a document, in unknown fields too: objects, arrays, strings, numbers, true, false, null
 * @param memory of the heap, for all requests together; unset: an eighth of what the service itself leaves of it
 * @param arrivalTime for the head of a request, and for a body that does not come
 * @param arrivalRate bytes a second: each byte of a body that comes adds to its time by this
 * @param batchIdle the longest pause of a client within a batch, which may come for as long as it does come
 * @param streams clients that listen to jobs, on one replica; unset: half of the connections that there may be
 */
@Validated
@ConfigurationProperties("beacon.limits")
record LimitsProperties(
        @DefaultValue("1MB") DataSize body,
        @DefaultValue("1000") @Positive int models,
        @DefaultValue("100") @Positive int regions,
        @DefaultValue("10000") @Positive int cells,
        @DefaultValue("100") @Positive int questions,
        @DefaultValue("100000") @Positive int nodes,
        @Nullable DataSize memory,
        @DefaultValue("20s") Duration arrivalTime,
        @DefaultValue("16KB") DataSize arrivalRate,
        @DefaultValue("60s") Duration batchIdle,
        @Nullable @Positive Integer streams) {

    private static final DataSize LARGEST_BODY = DataSize.ofGigabytes(1);

    /** Below this, a body of the default size would not be read at all. */
    private static final DataSize LEAST_MEMORY = DataSize.ofMegabytes(8);

    private static final int SHARE_OF_THE_HEAP = 8;

    LimitsProperties {
        if (body.toBytes() < 1 || body.compareTo(LARGEST_BODY) > 0) {
            throw new IllegalArgumentException("beacon.limits.body must be 1B to 1GB, but is " + body);
        }
        if (memory != null && memory.compareTo(LEAST_MEMORY) < 0) {
            throw new IllegalArgumentException("beacon.limits.memory must be 8MB or more, but is " + memory);
        }
        if (!arrivalTime.isPositive() || arrivalRate.toBytes() < 1 || !batchIdle.isPositive()) {
            throw new IllegalArgumentException(
                    "beacon.limits.arrival-time, beacon.limits.arrival-rate and beacon.limits.batch-idle must be positive");
        }
    }

    /** How many clients may listen to jobs, of so many connections. */
    int streamsOf(int connections) {
        return streams == null ? connections / 2 : streams;
    }

    /** The bytes of heap for all requests together. */
    long memoryBytes() {
        return memory == null
                ? GuardedProtocol.leftOf(Runtime.getRuntime().maxMemory()) / SHARE_OF_THE_HEAP
                : memory.toBytes();
    }
}
