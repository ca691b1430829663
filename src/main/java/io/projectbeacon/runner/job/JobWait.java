package io.projectbeacon.runner.job;

import io.projectbeacon.runner.domain.WireName;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What cells of a job wait for.
 *
 * @param region of the cells; null when it is not theirs but the job's
 * @param reason a {@link Reason}, in lower case
 * @param cells how many wait for it; null where they are not counted, as in the queue
 * @param until when the wait is over at the earliest, and for {@code backoff} when the next attempt of the first of them is due;
 *     null when that is not known
 */
public record JobWait(
        @Nullable String region,
        String reason,
        @Nullable Integer cells,
        @Nullable Instant until) {

    /** Why a cell, or a job, waits. The first three are of a job that waits in the queue. */
    public enum Reason {
        /** For a runner with a free place. */
        RUNNER,
        /** A runner was refused for long, or its calls failed: closed for all runners, until one is answered there. */
        CLOSED,
        /** The job's key in Redis is no lock, and a person has to delete it. */
        LOCK_KEY,
        /** An operator has paused the region. */
        PAUSED,
        /** For a free place of the region on the runner that has the job. */
        PLACE,
        /** For a free place of the region over all replicas. */
        TOTAL_LIMIT,
        /** The provider refuses calls, so that they go later, or one by one. */
        PACE,
        /** For the next attempt, while the circuit breaker of the region is open. */
        BREAKER,
        /** For the next attempt. */
        BACKOFF
    }

    public JobWait(@Nullable String region, Reason reason, @Nullable Integer cells, @Nullable Instant until) {
        this(region, WireName.of(reason), cells, until);
    }

    boolean isFor(Reason why) {
        return reason.equals(WireName.of(why));
    }
}
