package io.projectbeacon.runner.arrival;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Bytes that can be reserved and given back. The last quarter of them is for small bodies only. */
public final class MemoryShare {

    private static final int FOR_SMALL = 4;

    private static final Duration BETWEEN_SHORTAGES = Duration.ofMillis(100);

    private final long all;
    private final long forLarge;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();
    private volatile Runnable shortage = () -> {};
    private long taken;

    MemoryShare(long all) {
        this.all = all;
        this.forLarge = all - all / FOR_SMALL;
    }

    /** @param action makes others give back what they can do without; it is called when there is no room */
    void onShortage(Runnable action) {
        shortage = action;
    }

    /** A reservation of nothing, which can grow. */
    public Reservation open() {
        return new Reservation();
    }

    private boolean take(long bytes, long limit, long nanos) {
        lock.lock();
        try {
            long left = nanos;
            while (taken + bytes > limit) {
                if (left <= 0) {
                    return false;
                }
                left = freed.awaitNanos(left);
            }
            taken += bytes;
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Asks others again and again to make room: a body that has just begun to wait is not given up for this one yet. */
    private boolean takeInTime(long bytes, long limit, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            shortage.run();
            long left = end - System.nanoTime();
            if (take(bytes, limit, Math.min(left, BETWEEN_SHORTAGES.toNanos()))) {
                return true;
            }
            if (left <= 0 || Thread.currentThread().isInterrupted()) {
                return false;
            }
        }
    }

    private void giveBack(long bytes) {
        lock.lock();
        try {
            taken -= bytes;
            freed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** What one request holds of the share. One thread makes it grow; whoever holds it may close it. */
    public final class Reservation implements AutoCloseable {

        private int holders = 1;
        private long held;

        private Reservation() {}

        /**
         * Grows to so many bytes; one that needs more than the share has is given the share, once nothing else is in it.
         *
         * @param small whether it is for a small body
         * @param patience how long to wait for others to give back
         * @throws NoRoomException when they have not
         */
        public void grow(long bytes, boolean small, Duration patience) {
            long limit = small ? all : forLarge;
            long more = Math.min(bytes, limit) - held();
            if (more <= 0 || take(more, limit, 0)) {
                add(Math.max(0, more));
                return;
            }
            if (!takeInTime(more, limit, patience)) {
                throw new NoRoomException();
            }
            add(more);
        }

        private synchronized long held() {
            return held;
        }

        private synchronized void add(long bytes) {
            held += bytes;
        }

        /** Has one more holder, who closes it, too. */
        public synchronized void retain() {
            holders++;
        }

        /** Gives all of it back for now. */
        public synchronized void release() {
            giveBack(held);
            held = 0;
        }

        /** Gives all of it back, if it has no other holder. */
        @Override
        public synchronized void close() {
            if (--holders == 0) {
                release();
            }
        }
    }
}
