package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.execution.RunHandle.RegionWait;
import io.projectbeacon.runner.inference.CallBudget;
import io.projectbeacon.runner.region.FairStart;
import io.projectbeacon.runner.region.RegionSlot;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * What a cell needs to be under way: a slot of its region, and the memory of its call. Used by one thread at a time.
 *
 * <p>Nobody who has a slot waits for memory, so those who have both come to their end, and of each region at most one of each kind
 * has memory and waits for a slot: so no two wait for each other, and a region that is full or takes no calls holds no memory that others
 * need.
 */
final class CellPlace {

    private final RegionSlot slot;
    private final CallBudget.Bytes memory;
    private final BooleanSupplier regionTakesCalls;
    private final FairStart order;

    /** Whose turn it is, of those cells of the region and the kind that found no memory. */
    private final ReentrantLock turn;

    CellPlace(
            RegionSlot slot,
            CallBudget.Bytes memory,
            BooleanSupplier regionTakesCalls,
            FairStart order,
            ReentrantLock turn) {
        this.slot = slot;
        this.memory = memory;
        this.regionTakesCalls = regionTakesCalls;
        this.order = order;
        this.turn = turn;
    }

    /** Takes the memory, if there is enough. */
    boolean tryTakeMemory() {
        return memory.tryTake();
    }

    /** Waits for the memory; the slot is taken, and may be left to others meanwhile. */
    void takeMemory() throws InterruptedException {
        if (tryTakeMemory()) {
            return;
        }
        slot.lend();
        turn.lockInterruptibly();
        try {
            memory.take();
            boolean both = false;
            try {
                slot.acquire();
                both = true;
            } finally {
                if (!both) {
                    memory.giveBack();
                }
            }
        } finally {
            turn.unlock();
        }
    }

    /** Waits for both again, after they were given back. */
    void takeAgain() throws InterruptedException {
        order.takeAgain(slot);
        takeMemory();
    }

    /** Waits for the region; a wait that is not over at once is made without the memory. */
    void await(RegionWait wait) throws InterruptedException {
        if (regionTakesCalls.getAsBoolean()) {
            wait.await();
            return;
        }
        memory.giveBack();
        wait.await();
        takeMemory();
    }

    /** Whether {@link #giveBack} asks a server, which may take long. */
    boolean isShared() {
        return slot.isShared();
    }

    /** Gives both back, as far as they are taken. */
    void giveBack() {
        memory.giveBack();
        slot.release();
    }
}
