package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.inference.InferenceProperties.Backoff;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One region's pace. A refusal pauses the region. After the pause those who wait go one by one, at a distance that
 * begins with {@code backoff.initial}. Each success halves the distance, until it is too short to matter and nobody
 * waits any more.
 *
 * <p>A call that began before the pause was over says nothing new: when a hundred calls under way are all refused, that
 * is one refusal, and an answer from before the refusal does not lift it.
 *
 * <p>Whoever waits queues for {@code turn}, in order of arrival; only its holder looks at the time. So no wake-up can be
 * lost, and a thousand waiting cells do not all wake for one place.
 */
final class Throttle {

    private static final Logger log = LoggerFactory.getLogger(Throttle.class);

    /** Of a {@code backoff.initial} that is shorter or zero: calls should not rush in at once all the same. */
    private static final long LEAST_FIRST_DISTANCE = Duration.ofMillis(10).toNanos();

    private static final long NO_DISTANCE = Duration.ofMillis(1).toNanos();

    /** Doubling more often than this passes any maximum, and would overflow. */
    private static final int MOST_DOUBLINGS = 30;

    private final String region;
    private final Backoff backoff;
    private final Ticker ticker;
    private final ReentrantLock turn = new ReentrantLock(true);
    private final ReentrantLock state = new ReentrantLock();
    private final Condition changed = state.newCondition();
    private volatile boolean slow;
    private int refusals;
    private long pausedUntil;
    private long opensAt;
    private long distance;

    Throttle(String region, Backoff backoff, Ticker ticker) {
        this.region = region;
        this.backoff = backoff;
        this.ticker = ticker;
    }

    void await() throws InterruptedException {
        if (!slow) {
            return;
        }
        turn.lockInterruptibly();
        try {
            awaitOpening();
        } finally {
            turn.unlock();
        }
    }

    private void awaitOpening() throws InterruptedException {
        state.lockInterruptibly();
        try {
            long left = opensAt - ticker.nanos();
            while (slow && left > 0) {
                ticker.await(changed, left);
                left = opensAt - ticker.nanos();
            }
            opensAt = ticker.nanos() + distance;
        } finally {
            state.unlock();
        }
    }

    /**
     * A call was refused.
     *
     * @param begun when the call began, by the ticker
     * @param asked how long the provider asked to wait, when it did
     */
    void refused(long begun, @Nullable Duration asked) {
        state.lock();
        try {
            boolean known = slow && begun - pausedUntil < 0;
            if (known && asked == null) {
                return;
            }
            if (!known) {
                refusals++;
            }
            long wait = asked == null
                    ? backoff()
                    : asked.toNanos() + random(backoff.initial().toNanos());
            long until = ticker.nanos() + wait;
            if (known && until - pausedUntil <= 0) {
                return;
            }
            pausedUntil = until;
            opensAt = until;
            distance = Math.max(backoff.initial().toNanos(), LEAST_FIRST_DISTANCE);
            slow = true;
            changed.signalAll();
            if (!known) {
                log.atWarn()
                        .addKeyValue("region", region)
                        .log("The region refuses calls; none is sent for {}, then one by one", Duration.ofNanos(wait));
            }
        } finally {
            state.unlock();
        }
    }

    /** Whoever waited last has nothing to send: the next one need not keep a distance. */
    void unused() {
        if (!slow) {
            return;
        }
        state.lock();
        try {
            long now = ticker.nanos();
            opensAt = pausedUntil - now > 0 ? pausedUntil : now;
            changed.signalAll();
        } finally {
            state.unlock();
        }
    }

    /** A call that began then was not refused. */
    void accepted(long begun) {
        if (!slow) {
            return;
        }
        state.lock();
        try {
            if (!slow || begun - pausedUntil < 0) {
                return;
            }
            refusals = 0;
            distance /= 2;
            opensAt = Math.min(opensAt - ticker.nanos(), distance) + ticker.nanos();
            if (distance < NO_DISTANCE) {
                slow = false;
                log.atInfo().addKeyValue("region", region).log("The region takes calls again; they go without a wait");
            }
            changed.signalAll();
        } finally {
            state.unlock();
        }
    }

    /** Half of it at random, so that replicas that were refused together do not come back together. */
    private long backoff() {
        Duration doubled = backoff.initial().multipliedBy(1L << Math.min(refusals - 1, MOST_DOUBLINGS));
        long ceiling = doubled.compareTo(backoff.max()) > 0 ? backoff.max().toNanos() : doubled.toNanos();
        return ceiling / 2 + random(ceiling / 2);
    }

    private static long random(long nanos) {
        return ThreadLocalRandom.current().nextLong(nanos + 1);
    }
}
