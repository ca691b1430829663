package io.projectbeacon.runner.region;

import io.projectbeacon.runner.logs.SparingLog;
import io.projectbeacon.runner.region.Refusal.Reason;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One region's pace. A refusal pauses the region. After the pause the waiting calls go one by one, at a distance that
 * begins with {@code backoff.initial}. Each success halves the distance, until it is too short to matter and no call
 * waits any more.
 *
 * <p>A call that began before the pause was over says nothing new: when a hundred calls under way are all refused, that
 * is one refusal, and an answer from before the refusal does not lift it.
 *
 * <p>Waiting calls queue for the lock {@code order}, in order of arrival; only the lock's owner looks at the time. So
 * no wake-up can be lost, and a thousand waiting cells do not all wake for one call.
 */
final class Throttle {

    private static final Logger log = LoggerFactory.getLogger(Throttle.class);

    /** The first distance when {@code backoff.initial} is shorter or zero: even then calls should not rush in. */
    private static final long LEAST_FIRST_DISTANCE = Duration.ofMillis(10).toNanos();

    /** A region that refuses again and again is one line a minute, unless a longer pause is to be told. */
    private static final Duration BETWEEN_LINES = Duration.ofMinutes(1);

    private static final long NO_DISTANCE = Duration.ofMillis(1).toNanos();

    private final String region;
    private final Map<Reason, Long> earlierPauses = new EnumMap<>(Reason.class);
    private final BackoffProperties backoff;
    private final Ticker ticker;
    private final ReentrantLock order = new ReentrantLock(true);
    private final ReentrantLock state = new ReentrantLock();
    private final Condition changed = state.newCondition();
    private final SparingLog lines;
    private volatile boolean slow;
    private boolean told;
    private int refusals;
    private Reason reason = Reason.RATE_LIMIT;
    private long pausedFrom;
    private long pausedUntil;
    private long opensAt;
    private long distance;
    private long refusingSince;
    private volatile long answered = Long.MIN_VALUE;

    Throttle(String region, BackoffProperties backoff, Ticker ticker) {
        this.region = region;
        this.backoff = backoff;
        this.ticker = ticker;
        this.lines = new SparingLog(BETWEEN_LINES, ticker::nanos);
    }

    void await() throws InterruptedException {
        if (!slow) {
            return;
        }
        order.lockInterruptibly();
        try {
            awaitOpening();
        } finally {
            order.unlock();
        }
    }

    boolean takesCalls() {
        return !slow;
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
     */
    void refused(long begun, Refusal refusal) {
        Duration asked = refusal.retryAfter();
        state.lock();
        try {
            boolean known = slow && begun - pausedUntil < 0;
            if (known && asked == null) {
                return;
            }
            if (!known && refusals++ == 0) {
                refusingSince = ticker.nanos();
            }
            long wait = asked == null
                    ? backoff.jittered(refusals).toNanos()
                    : asked.toNanos() + random(backoff.initial().toNanos());
            long now = ticker.nanos();
            long until = now + wait;
            if (known && until - pausedUntil <= 0) {
                return;
            }
            if (!known) {
                earlierPauses.merge(reason, pausedUntil - pausedFrom, Long::sum);
                reason = refusal.reason();
                pausedFrom = now;
            }
            pausedUntil = until;
            opensAt = until;
            distance = Math.max(backoff.initial().toNanos(), LEAST_FIRST_DISTANCE);
            slow = true;
            changed.signalAll();
            if (!known) {
                told |= lines.line(
                        wait > BETWEEN_LINES.toNanos(),
                        before -> log.atWarn()
                                .addKeyValue("region", region)
                                .addKeyValue("reason", reason.wireName())
                                .addKeyValue("also_before", before)
                                .log(
                                        "The region refuses calls ({}); none is sent for {}, then one by one. It says: {}",
                                        reason.wireName(),
                                        Duration.ofNanos(wait),
                                        refusal.words()));
            }
        } finally {
            state.unlock();
        }
    }

    /** The call that waited last is not sent: the next one need not keep a distance. */
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

    /**
     * A call was not refused.
     *
     * @param begun when the call began, by the ticker
     */
    void accepted(long begun) {
        answered = begun;
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
                if (told) {
                    told = false;
                    log.atInfo()
                            .addKeyValue("region", region)
                            .log("The region takes calls again; they go without a wait");
                }
            }
            changed.signalAll();
        } finally {
            state.unlock();
        }
    }

    /** Whether a call that began after this time, by the ticker, was taken. */
    boolean answeredSince(long time) {
        long begun = answered;
        return begun != Long.MIN_VALUE && begun - time > 0;
    }

    /** The pause that the region is in; empty when a call may be sent now, or at its turn. */
    Optional<Closure> pause() {
        if (!slow) {
            return Optional.empty();
        }
        state.lock();
        try {
            long now = ticker.nanos();
            return slow && pausedUntil - now > 0
                    ? Optional.of(new Closure(
                            pausedFrom, Duration.ofNanos(pausedUntil - now), Duration.ofNanos(now - refusingSince)))
                    : Optional.empty();
        } finally {
            state.unlock();
        }
    }

    /** Why the region is called slowly, or not at all; empty when it takes calls. */
    Optional<Reason> refusing() {
        state.lock();
        try {
            return slow ? Optional.of(reason) : Optional.empty();
        } finally {
            state.unlock();
        }
    }

    /** The sum of the pauses for a reason so far, the present one included as far as it has come. */
    Duration paused(Reason why) {
        state.lock();
        try {
            long present = why == reason ? Math.min(ticker.nanos() - pausedFrom, pausedUntil - pausedFrom) : 0;
            return Duration.ofNanos(earlierPauses.getOrDefault(why, 0L) + present);
        } finally {
            state.unlock();
        }
    }

    private static long random(long nanos) {
        return ThreadLocalRandom.current().nextLong(nanos + 1);
    }
}
