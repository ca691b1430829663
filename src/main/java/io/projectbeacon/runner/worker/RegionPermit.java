package io.projectbeacon.runner.worker;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One cell's place among the calls of its region. It can be given back and taken again; used by one thread at a time. */
final class RegionPermit {

    private final Semaphore places;
    private final @Nullable TotalLimit total;
    private final AtomicInteger inUse;
    private @Nullable String lease;
    private boolean held;

    /**
     * A permit that is not held yet.
     *
     * @param places this replica's own
     * @param total the bound over all replicas, if there is one
     * @param inUse counts the permits that are held
     */
    RegionPermit(Semaphore places, @Nullable TotalLimit total, AtomicInteger inUse) {
        this.places = places;
        this.total = total;
        this.inUse = inUse;
    }

    /** Waits for a place on this replica and then, if there is a bound over all replicas, for one of those. */
    void acquire() throws InterruptedException {
        if (held) {
            return;
        }
        places.acquire();
        try {
            lease = total == null ? null : total.acquire();
            held = true;
            inUse.incrementAndGet();
        } finally {
            if (!held) {
                places.release();
            }
        }
    }

    /** Gives the place back, if it is held. */
    void release() {
        if (!held) {
            return;
        }
        held = false;
        inUse.decrementAndGet();
        try {
            if (total != null && lease != null) {
                total.release(lease);
            }
        } finally {
            places.release();
        }
    }
}
