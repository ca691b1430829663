package io.projectbeacon.runner.region;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one caller has of this replica: cells under way, and what it has had of late, in seconds of places. What was a while ago
 * counts less and less, so that a caller pays back an hour of calls within less than a minute, not within an hour.
 */
public final class CallerShare {

    private static final Duration HALF_LIFE = Duration.ofSeconds(20);

    /** After so long, what was counts as 1/e of itself. */
    private static final double MEMORY_SECONDS = HALF_LIFE.toSeconds() / Math.log(2);

    private final @Nullable Integer most;
    private final Runnable whenFree;
    private final Ticker ticker;
    private int underWay;
    private double had;
    private long countedAt;

    /**
     * A caller that has had nothing yet.
     *
     * @param most cells under way at once; null without such a limit
     * @param whenFree is told when a cell of a limited caller has ended
     */
    CallerShare(@Nullable Integer most, Runnable whenFree, Ticker ticker) {
        this.most = most;
        this.whenFree = whenFree;
        this.ticker = ticker;
        this.countedAt = ticker.nanos();
    }

    /** Counts a cell as under way, unless so many are that no further one may begin. */
    synchronized boolean take() {
        if (isTaken()) {
            return false;
        }
        count();
        underWay++;
        return true;
    }

    void giveBack() {
        synchronized (this) {
            count();
            underWay--;
        }
        if (most != null) {
            whenFree.run();
        }
    }

    /** Whether no further cell may begin now. */
    synchronized boolean isTaken() {
        return most != null && underWay >= most;
    }

    /** How many cells of a region with so many places may be under way. */
    int of(int places) {
        return most == null ? places : Math.min(most, places);
    }

    synchronized double had() {
        count();
        return had;
    }

    private void count() {
        long now = ticker.nanos();
        double kept = Math.exp((countedAt - now) / 1e9 / MEMORY_SECONDS);
        had = had * kept + underWay * MEMORY_SECONDS * (1 - kept);
        countedAt = now;
    }
}
