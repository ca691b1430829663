package io.projectbeacon.runner.api;

import io.projectbeacon.runner.region.RegionPause;
import io.projectbeacon.runner.region.RegionStates.State;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A region as an operator sees it. The pause is the same at all replicas; all else is of the one that answers.
 *
 * @param pausedBy the caller whose key paused it
 * @param limit how many of its cells may be under way at once on this replica
 * @param totalLimit how many may be over all replicas; null without such a bound
 * @param cellsUnderWay on this replica
 * @param breaker {@code closed}: calls are sent; {@code open}: none is; {@code half_open}: trial calls are
 * @param refuses why its provider refuses calls: {@code rate_limit}, {@code quota}, {@code overloaded}; null when it takes them
 * @param nextCallInMs until a call, or a trial call, is sent after refusals and failures; null when one may be sent now
 */
record RegionView(
        String region,
        boolean paused,
        @Nullable Instant pausedAt,
        @Nullable String pausedBy,
        int limit,
        @Nullable Integer totalLimit,
        int cellsUnderWay,
        String breaker,
        @Nullable String refuses,
        @Nullable Long nextCallInMs) {

    static RegionView of(State state, @Nullable RegionPause pause) {
        return new RegionView(
                state.region(),
                pause != null,
                pause == null ? null : pause.at(),
                pause == null ? null : pause.by(),
                state.limit(),
                state.total(),
                state.inFlight(),
                breaker(state),
                state.refusing() == null ? null : state.refusing().wireName(),
                longer(state.untilTrial(), state.paused()));
    }

    private static String breaker(State state) {
        if (!state.breakerOpen()) {
            return "closed";
        }
        return state.untilTrial() == null ? "half_open" : "open";
    }

    private static @Nullable Long longer(@Nullable Duration one, @Nullable Duration other) {
        if (one == null || other == null) {
            Duration only = one == null ? other : one;
            return only == null ? null : (Long) only.toMillis();
        }
        return Math.max(one.toMillis(), other.toMillis());
    }
}
