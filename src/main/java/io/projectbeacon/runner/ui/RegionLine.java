package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.region.RegionPause;
import io.projectbeacon.runner.region.RegionStates.State;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A region as the page of health shows it.
 *
 * @param takesCalls whether nothing but its places keeps a call from it
 * @param reason what keeps calls from it now, in a sentence; or that nothing does
 */
record RegionLine(State state, boolean takesCalls, String reason) {

    private static final String TAKES_CALLS = "takes calls";

    /**
     * Of several reasons the one that lasts longest by its nature is told.
     *
     * @param closed for all runners, by region: whether the time has come to try it out; null while the database is away
     * @param redisIsUp whether calls over all replicas can be counted
     * @param isOperator whether the name of the caller who paused it is told
     */
    static RegionLine of(State state, @Nullable Map<String, Boolean> closed, boolean redisIsUp, boolean isOperator) {
        String why = state.pause() == null ? why(state, closed, redisIsUp) : paused(state.pause(), isOperator);
        if (why != null) {
            return new RegionLine(state, false, why);
        }
        return new RegionLine(
                state,
                true,
                state.inFlight() >= state.limit()
                        ? "all its places on this replica are taken; the next call goes when one is free"
                        : TAKES_CALLS);
    }

    private static String paused(RegionPause pause, boolean isOperator) {
        return "no call begins: paused since " + pause.at().truncatedTo(ChronoUnit.SECONDS)
                + (isOperator ? " by " + pause.by() : "") + ", until an operator resumes it";
    }

    private static @Nullable String why(State state, @Nullable Map<String, Boolean> closed, boolean redisIsUp) {
        if (state.uncountable()) {
            return "no call begins: its calls over all replicas cannot be counted, since a key in Redis is of another type."
                    + " An operator has to delete that key";
        }
        if (state.total() != null && !redisIsUp) {
            return "no call begins: its calls over all replicas cannot be counted while Redis is away";
        }
        Duration untilTrial = state.untilTrial();
        if (untilTrial != null) {
            return "no call is sent: its last calls failed, and its circuit breaker is open; trial calls go in "
                    + ReportWords.time(untilTrial);
        }
        if (state.breakerOpen()) {
            return "only trial calls are sent: its last calls failed, and its circuit breaker tries it out";
        }
        Duration paused = state.paused();
        if (paused != null) {
            return "no call is sent for " + ReportWords.time(paused) + ": its provider refuses them" + because(state);
        }
        if (state.refusing() != null) {
            return "calls go one by one, since its provider refused some" + because(state);
        }
        Boolean due = closed == null ? null : closed.get(state.region());
        if (due != null) {
            return due
                    ? "another runner was refused here; it is time to try it out, and one runner does"
                    : "closed for all runners, since another one was refused here; it is tried out later";
        }
        return null;
    }

    private static String because(State state) {
        return state.refusing() == null
                ? ""
                : switch (state.refusing()) {
                    case RATE_LIMIT -> " (rate_limit: too many calls)";
                    case QUOTA -> " (quota: no credit is left on the account)";
                    case OVERLOADED -> " (overloaded: too many calls of all its users)";
                };
    }

    public String places() {
        return ReportWords.number(state.inFlight()) + " of " + ReportWords.number(state.limit());
    }
}
