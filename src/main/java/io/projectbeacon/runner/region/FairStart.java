package io.projectbeacon.runner.region;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The order in which jobs begin cells of a region: first come, first served, a few cells of each job at a time.
 *
 * <p>Cells of one job that begin together are claimed together, and their job's row is locked once for all of them. If
 * jobs alternated cell by cell, it would be locked once for each.
 */
public final class FairStart {

    /** Begins a cell. */
    public interface Begin<T> {

        /** @return whether it has begun; if not, no further cell is begun */
        boolean begin(T cell) throws InterruptedException;
    }

    private final ReentrantLock order = new ReentrantLock(true);
    private final int share;

    /** @param share how many cells a job begins before the next job does */
    FairStart(int share) {
        this.share = share;
    }

    /** Begins the cells of a job, alternating with other jobs, and returns when the last has begun. */
    public <T> void beginAll(List<T> work, Begin<T> step) throws InterruptedException {
        Iterator<T> next = work.iterator();
        boolean more = next.hasNext();
        while (more) {
            order.lockInterruptibly();
            try {
                for (int begun = 0; begun < share && more; begun++) {
                    more = step.begin(next.next()) && next.hasNext();
                }
            } finally {
                order.unlock();
            }
        }
    }
}
