package io.projectbeacon.runner.region;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One cell's slot among a region's calls. It can be given back, and taken again by {@link FairStart}; used by one thread at a
 * time.
 */
public final class RegionSlot {

    private final Semaphore permits;
    private final @Nullable SharedLimit shared;
    private final AtomicInteger inUse;
    private final CallerShare caller;
    private @Nullable String sharedToken;
    private boolean taken;
    private boolean countedForCaller;

    /**
     * A slot that is not taken yet.
     *
     * @param permits this replica's slots
     * @param shared the limit over all replicas, if there is one
     * @param inUse counts the slots that are taken
     * @param caller whose cell it is for
     */
    RegionSlot(Semaphore permits, @Nullable SharedLimit shared, AtomicInteger inUse, CallerShare caller) {
        this.permits = permits;
        this.shared = shared;
        this.inUse = inUse;
        this.caller = caller;
    }

    CallerShare caller() {
        return caller;
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

    /** Takes a slot if one is free on this replica, and the others need not be asked. */
    boolean tryAcquire() throws InterruptedException {
        // With a time, however short, the call does not pass by those that wait.
        if (!taken && shared == null && permits.tryAcquire(0, TimeUnit.NANOSECONDS)) {
            taken = true;
            inUse.incrementAndGet();
        }
        return taken;
    }

    /** Whether {@link #release} asks a server, which may take long. */
    public boolean isShared() {
        return shared != null;
    }

    /** Gives what was taken to another slot of the region, which is not taken. */
    void moveTo(RegionSlot other) {
        other.sharedToken = sharedToken;
        other.taken = true;
        sharedToken = null;
        taken = false;
    }

    /** Its caller has been asked, and counts the cell as under way. */
    void countForCaller() {
        countedForCaller = true;
    }

    /** Gives the slot back, as far as it is taken. */
    public void release() {
        try {
            lend();
        } finally {
            if (countedForCaller) {
                countedForCaller = false;
                caller.giveBack();
            }
        }
    }

    /** Leaves the place to others, while the cell still counts as one of its caller's. */
    public void lend() {
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
