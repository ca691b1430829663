package io.projectbeacon.runner.arrival;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bytes that can be reserved and given back, counted in steps of a KiB. Large bodies may take three quarters of them together.
 * Those that wait are served in the order of coming, and only the next of them is woken.
 */
public final class MemoryShare {

    private static final int STEP = 1024;
    private static final int FOR_SMALL = 4;

    /** One may wait for each so many steps: what waits takes memory, too, and is refused at once past that. */
    private static final int OF_ONE_THAT_WAITS = 16;

    private final int all;
    private final int forLarge;
    private final Semaphore left;
    private final Semaphore leftForLarge;
    private final AtomicInteger waiting = new AtomicInteger();

    MemoryShare(long bytes) {
        this.all = steps(bytes);
        this.forLarge = all - all / FOR_SMALL;
        this.left = new Semaphore(all, true);
        this.leftForLarge = new Semaphore(forLarge, true);
    }

    private static int steps(long bytes) {
        return Math.toIntExact(Math.min(Integer.MAX_VALUE, (bytes + STEP - 1) / STEP));
    }

    /** Whether a request waits until others have given back. */
    boolean isShort() {
        return waiting.get() > 0;
    }

    /** How many bytes can be reserved. */
    public long size() {
        return (long) all * STEP;
    }

    /** How many bytes are reserved now. */
    public long taken() {
        return (long) (all - left.availablePermits()) * STEP;
    }

    /** A reservation of nothing, which can grow. */
    public Reservation open() {
        return new Reservation();
    }

    private boolean take(Semaphore steps, int wanted, long nanos) {
        try {
            return steps.tryAcquire(wanted)
                    || (nanos > 0 && waiting.get() <= all / OF_ONE_THAT_WAITS && takeInTime(steps, wanted, nanos));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private boolean takeInTime(Semaphore steps, int wanted, long nanos) throws InterruptedException {
        waiting.incrementAndGet();
        try {
            return steps.tryAcquire(wanted, nanos, TimeUnit.NANOSECONDS);
        } finally {
            waiting.decrementAndGet();
        }
    }

    /** What one request holds of the share. One thread makes it grow; each of its holders may close it. */
    public final class Reservation implements AutoCloseable {

        private int holders = 1;
        private int held;
        private int heldAsLarge;

        private Reservation() {}

        /**
         * Grows to so many bytes; one that needs more than the share has is given the share, once nothing else is in it.
         *
         * @param small whether it is for a small body
         * @param patience how long to wait for others to give back
         * @throws NoRoomException when they have not
         */
        public void grow(long bytes, boolean small, Duration patience) {
            int more = Math.min(steps(bytes), small ? all : forLarge) - held();
            if (more <= 0) {
                return;
            }
            long end = System.nanoTime() + patience.toNanos();
            if (!small && !take(leftForLarge, more, patience.toNanos())) {
                throw new NoRoomException();
            }
            if (!take(left, more, end - System.nanoTime())) {
                leftForLarge.release(small ? 0 : more);
                throw new NoRoomException();
            }
            add(more, small ? 0 : more);
        }

        private synchronized int held() {
            return held;
        }

        private synchronized void add(int more, int asLarge) {
            held += more;
            heldAsLarge += asLarge;
        }

        /** Has one more holder, who closes it, too. */
        public synchronized void retain() {
            holders++;
        }

        /** Gives all of it back for now. */
        public synchronized void release() {
            left.release(held);
            leftForLarge.release(heldAsLarge);
            held = 0;
            heldAsLarge = 0;
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
