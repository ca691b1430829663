package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.job.JobQueue.Sizes;
import io.projectbeacon.runner.job.JobQueue.Waiting;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The texts of the jobs that this runner holds, which stay in memory until their runs end.
 *
 * <p>Jobs of large texts have three quarters of the share, and those of small ones a quarter, so that neither waits for the
 * other. Within its part a job whose text would go past it waits, and so do those behind it: a smaller one that went first
 * would keep the larger waiting. One alone is held, whatever its size.
 */
final class HeldText {

    /** Up to so many bytes a job counts among the small ones. */
    static final int SMALL = 64 * 1024;

    private final Part small;
    private final Part large;

    /** @param share how many bytes of text may be held */
    HeldText(long share) {
        this.small = new Part(share / 4);
        this.large = new Part(share - share / 4);
    }

    /** What jobs of one kind hold. */
    private static final class Part {

        private final long most;
        private final AtomicLong held = new AtomicLong();
        private volatile boolean full;

        Part(long most) {
            this.most = most;
        }
    }

    /** Texts of which sizes there is memory for; a part that was full is looked at again once some of it is given back. */
    Sizes sizes() {
        return new Sizes(small.full ? SMALL + 1 : 0, large.full ? SMALL : Integer.MAX_VALUE);
    }

    /** Whether there is none for any job. */
    boolean isFull() {
        return small.full && large.full;
    }

    /** Looks again at a part that holds nothing: what made it full was not started after all, so nothing is given back. */
    void recount() {
        for (Part part : new Part[] {small, large}) {
            if (part.held.get() == 0) {
                part.full = false;
            }
        }
    }

    /** Says what further jobs would add, until they are started; to be asked by one thread. */
    final class Room {

        private long addedSmall;
        private long addedLarge;

        /** Whether there is memory for the job; if there is, it is taken. If not, there is none for its kind from now on. */
        boolean takes(Waiting job) {
            boolean isSmall = job.textBytes() <= SMALL;
            Part part = isSmall ? small : large;
            long before = part.held.get() + (isSmall ? addedSmall : addedLarge);
            if (part.full || (before > 0 && before + job.textBytes() > part.most)) {
                part.full = true;
                return false;
            }
            addedSmall += isSmall ? job.textBytes() : 0;
            addedLarge += isSmall ? 0 : job.textBytes();
            return true;
        }
    }

    Room room() {
        return new Room();
    }

    void hold(int bytes) {
        part(bytes).held.addAndGet(bytes);
    }

    void release(int bytes) {
        Part part = part(bytes);
        part.held.addAndGet(-bytes);
        part.full = false;
    }

    private Part part(int bytes) {
        return bytes <= SMALL ? small : large;
    }
}
