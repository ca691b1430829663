package io.projectbeacon.runner.region;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which regions are paused, as this replica knows it from the database.
 *
 * <p>What a look at the database has found counts for {@link #VALID} from the moment in which the question was asked. Without
 * such an answer no call begins in any region. So once that time has passed since a pause was committed, every replica either
 * knows of it or calls nothing, whatever keeps it from looking; and then, not earlier, the operator is told that the region is
 * paused.
 */
public final class RegionPauses {

    private static final Logger log = LoggerFactory.getLogger(RegionPauses.class);

    /** For how long an answer counts. A pause takes as long, and an outage of the database that is shorter stops no call. */
    static final Duration VALID = Duration.ofSeconds(2);

    /** Clocks of two machines do not go at the very same rate, and a call is not sent in the instant of the last look. */
    private static final Duration MARGIN = Duration.ofMillis(100);

    private record Known(Map<String, RegionPause> paused, long until) {}

    private final Ticker ticker;
    private final Duration valid;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile Known known;

    RegionPauses(Ticker ticker, Duration valid) {
        this.ticker = ticker;
        this.valid = valid;
        this.known = new Known(Map.of(), ticker.nanos());
    }

    /** Whether a call may begin in the region now. To be asked right before a call. */
    public boolean letsCallsBegin(String region) {
        Known now = known;
        return now.until() - ticker.nanos() > 0 && !now.paused().containsKey(region);
    }

    /** Waits until a call may begin in the region; an interrupt ends the wait. */
    void await(String region) throws InterruptedException {
        if (letsCallsBegin(region)) {
            return;
        }
        lock.lockInterruptibly();
        try {
            while (!letsCallsBegin(region)) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The paused regions, as far as this replica has heard. */
    public Set<String> paused() {
        return known.paused().keySet();
    }

    /** The region's pause, if this replica has heard of one. */
    Optional<RegionPause> of(String region) {
        return Optional.ofNullable(known.paused().get(region));
    }

    /** For the gauge: 1 while the region is paused, 0 while it is not; NaN when the database has not said so lately. */
    double shown(String region) {
        Known now = known;
        if (now.until() - ticker.nanos() <= 0) {
            return Double.NaN;
        }
        return now.paused().containsKey(region) ? 1 : 0;
    }

    /** After which time each replica either knows of what was committed now, or begins no call. */
    public Duration untilKnown() {
        return valid.plus(MARGIN);
    }

    /** Calls this whenever a region is paused or resumed. */
    public void whenChanged(Runnable listener) {
        listeners.add(listener);
    }

    /** The time, for {@link #seen}; to be taken before the database is asked. */
    long time() {
        return ticker.nanos();
    }

    /**
     * What the database says.
     *
     * @param asked when it was asked
     */
    void seen(Map<String, RegionPause> paused, long asked) {
        Known before;
        lock.lock();
        try {
            before = known;
            if (before.until() - asked > valid.toNanos()) {
                return; // A later question has been answered already.
            }
            known = new Known(Map.copyOf(paused), asked + valid.toNanos());
            // The many that wait for a paused region are not woken by each look.
            if (before.until() - ticker.nanos() <= 0 || !before.paused().equals(paused)) {
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
        Set<String> regions = new HashSet<>(before.paused().keySet());
        regions.addAll(paused.keySet());
        regions.forEach(region -> tell(region, before.paused().get(region), paused.get(region)));
        if (!before.paused().equals(paused)) {
            listeners.forEach(Runnable::run);
        }
    }

    private static void tell(String region, @Nullable RegionPause before, @Nullable RegionPause now) {
        if (now == null) {
            log.atInfo().addKeyValue("region", region).log("The region is resumed; its calls begin again");
        } else if (!now.equals(before)) {
            log.atInfo()
                    .addKeyValue("region", region)
                    .log(
                            "The region is paused since {} by {}; no call begins there until it is resumed",
                            now.at(),
                            now.by());
        }
    }
}
