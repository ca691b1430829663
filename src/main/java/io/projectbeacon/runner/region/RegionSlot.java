package io.projectbeacon.runner.region;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One cell's slot among a region's calls. It can be given back and taken again; used by one thread at a time. */
public final class RegionSlot {

    private final Semaphore permits;
    private final @Nullable SharedLimit shared;
    private final AtomicInteger inUse;
    private @Nullable String sharedToken;
    private boolean taken;

    /**
     * A slot that is not taken yet.
     *
     * @param permits this replica's slots
     * @param shared the limit over all replicas, if there is one
     * @param inUse counts the slots that are taken
     */
    RegionSlot(Semaphore permits, @Nullable SharedLimit shared, AtomicInteger inUse) {
        this.permits = permits;
        this.shared = shared;
        this.inUse = inUse;
    }

    /** Waits for a slot on this replica and then, if there is a limit over all replicas, for a shared slot. */
    public void acquire() throws InterruptedException {
        if (taken) {
            return;
        }
        permits.acquire();
        try {
            sharedToken = shared == null ? null : shared.acquire();
            taken = true;
            inUse.incrementAndGet();
        } finally {
            if (!taken) {
                permits.release();
            }
        }
    }

    /** Gives the slot back, if it is taken. */
    public void release() {
        if (!taken) {
            return;
        }
        taken = false;
        inUse.decrementAndGet();
        try {
            if (shared != null && sharedToken != null) {
                shared.release(sharedToken);
            }
        } finally {
            permits.release();
        }
    }
}
