package io.projectbeacon.runner.region;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The order in which cells of a region begin. Between callers the one that has had least goes first; the jobs of one caller are
 * first come, first served, a few cells of each job at a time.
 *
 * <p>One waits for the next place, whoever will get it: whose it is to be is decided when there is one. So a caller that comes
 * while all places are taken gets the first that comes free.
 *
 * <p>Cells of one job that begin together are claimed together, and their job's row is locked once for all of them. If
 * jobs alternated cell by cell, it would be locked once for each. No cell that has begun waits for one that cannot begin yet.
 */
public final class FairStart {

    /** Begins a cell, whose slot is taken. */
    public interface Begin<T> {

        /** @return whether it has begun; if not, no further cell is begun */
        boolean begin(T cell, RegionSlot slot) throws InterruptedException;

        /** The cells that have begun since are to go on: the next one of the job begins later, or there is none. */
        default void goOn() {}
    }

    /** A job with cells to begin, or a cell that comes back from its wait. */
    private static final class Waiter {

        private final Condition called;
        private RegionSlot slot;
        private boolean hasPlace;
        private int begun;

        Waiter(RegionSlot slot, Condition called) {
            this.slot = slot;
            this.called = called;
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final int share;

    /** By caller, in the order in which they begin. */
    private final Map<CallerShare, Deque<Waiter>> waiting = new LinkedHashMap<>();

    /** Who waits for the next place, or begins a cell; null when nobody may. */
    private @Nullable Waiter first;

    /** @param share how many cells a job begins before the next job of its caller does */
    FairStart(int share) {
        this.share = share;
    }

    /** Begins the cells of a job, alternating with other jobs, and returns when the last has begun. */
    public <T> void beginAll(List<T> work, Supplier<RegionSlot> slots, Begin<T> step) throws InterruptedException {
        Iterator<T> next = work.iterator();
        if (!next.hasNext()) {
            return;
        }
        Waiter job = new Waiter(slots.get(), lock.newCondition());
        try {
            boolean more = true;
            while (more) {
                RegionSlot slot = job.slot;
                awaitPlace(job, step::goOn);
                more = step.begin(next.next(), slot) && next.hasNext();
                job.slot = slots.get();
            }
        } finally {
            leave(job);
            step.goOn();
        }
    }

    /** Takes a place again for a cell that had given it back. */
    public void takeAgain(RegionSlot slot) throws InterruptedException {
        Waiter cell = new Waiter(slot, lock.newCondition());
        try {
            awaitPlace(cell, () -> {});
        } finally {
            leave(cell);
        }
    }

    /** A caller that was at its limit may begin a cell again. */
    void reconsider() {
        lock.lock();
        try {
            if (first == null) {
                callNext();
            }
        } finally {
            lock.unlock();
        }
    }

    /** @param beforeWait is called when the job's turn is over, and before it waits for a place */
    private void awaitPlace(Waiter me, Runnable beforeWait) throws InterruptedException {
        if (me.begun == share) {
            beforeWait.run();
        }
        lock.lockInterruptibly();
        try {
            line(me);
            if (first == null) {
                callNext();
            }
            if (first == me && me.slot.tryAcquire()) {
                giveToTheNext(me);
            }
            if (!me.hasPlace) {
                unlocked(beforeWait);
            }
            while (!me.hasPlace) {
                if (first == me) {
                    takeForTheNext(me);
                } else {
                    me.called.await();
                }
            }
            me.hasPlace = false;
            me.begun++;
        } finally {
            lock.unlock();
        }
    }

    /** To the end of its caller's line when it is new, or has begun its share. */
    private void line(Waiter me) {
        Deque<Waiter> line = waiting.computeIfAbsent(me.slot.caller(), caller -> new ArrayDeque<>());
        if (me.begun == 0) {
            line.add(me);
        } else if (me.begun == share) {
            line.remove(me);
            line.add(me);
            me.begun = 0;
        }
    }

    private void unlocked(Runnable step) {
        lock.unlock();
        try {
            step.run();
        } finally {
            lock.lock();
        }
    }

    /** Waits for a place, without the lock, and gives it to the one whose turn it is then. */
    private void takeForTheNext(Waiter me) throws InterruptedException {
        lock.unlock();
        try {
            me.slot.acquire();
        } finally {
            lock.lock();
        }
        giveToTheNext(me);
    }

    /** @param me has a place */
    private void giveToTheNext(Waiter me) {
        first = null;
        for (CallerShare caller : inOrder()) {
            Waiter next = head(caller);
            if (caller.take()) {
                if (next != me) {
                    me.slot.moveTo(next.slot);
                    next.called.signal();
                }
                next.slot.countForCaller();
                next.hasPlace = true;
                first = next;
                return;
            }
        }
        // All are at their limits: the place is left until one of them is not. Without the lock, since a server may be
        // asked.
        unlocked(me.slot::release);
    }

    /** Lets the one whose turn it is wait for a place. */
    private void callNext() {
        first = null;
        for (CallerShare caller : inOrder()) {
            if (!caller.isTaken()) {
                first = head(caller);
                first.called.signal();
                return;
            }
        }
    }

    private Waiter head(CallerShare caller) {
        return Objects.requireNonNull(waiting.get(caller)).element();
    }

    private List<CallerShare> inOrder() {
        if (waiting.size() == 1) {
            return List.of(waiting.keySet().iterator().next());
        }
        record Had(CallerShare caller, double had) {}
        return waiting.keySet().stream()
                .map(caller -> new Had(caller, caller.had()))
                .sorted(Comparator.comparingDouble(Had::had))
                .map(Had::caller)
                .toList();
    }

    private void leave(Waiter me) {
        lock.lock();
        try {
            Deque<Waiter> line = waiting.get(me.slot.caller());
            if (line != null && line.remove(me) && line.isEmpty()) {
                waiting.remove(me.slot.caller());
            }
            if (first == me) {
                callNext();
            }
        } finally {
            lock.unlock();
        }
        if (me.hasPlace) {
            me.slot.release(); // It was interrupted as it got the place.
        }
    }
}
