package io.projectbeacon.runner.worker;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The turns in which jobs begin cells of a region: first come, first served, a few cells each.
 *
 * <p>Cells of one job that begin together are claimed together, and their job's row is locked once for all of them. If the
 * jobs took turns cell by cell it would be locked once for each.
 */
final class RegionTurn {

    /** Begins a cell. */
    interface Begin<T> {

        /** Whether it has begun; if not, none will any more. */
        boolean begin(T cell) throws InterruptedException;
    }

    private final ReentrantLock turn = new ReentrantLock(true);
    private final int cells;

    /** @param cells how many a job may begin before the next job may */
    RegionTurn(int cells) {
        this.cells = cells;
    }

    /** Waits for the job's turns until all of its cells have begun. */
    <T> void beginAll(List<T> work, Begin<T> step) throws InterruptedException {
        Iterator<T> next = work.iterator();
        boolean more = next.hasNext();
        while (more) {
            turn.lockInterruptibly();
            try {
                for (int begun = 0; begun < cells && more; begun++) {
                    more = step.begin(next.next()) && next.hasNext();
                }
            } finally {
                turn.unlock();
            }
        }
    }
}
