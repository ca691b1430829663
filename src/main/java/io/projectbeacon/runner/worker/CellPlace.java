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

    private final FairStart order;
    private final RegionSlot slot;
    private final CallBudget.Bytes memory;
    private final BooleanSupplier regionTakesCalls;

    /** Whose turn it is, of those cells of the region and the kind that found no memory. */
    private final ReentrantLock turn;

    /** @param slot may be taken already */
    CellPlace(
            FairStart order,
            RegionSlot slot,
            CallBudget.Bytes memory,
            BooleanSupplier regionTakesCalls,
            ReentrantLock turn) {
        this.order = order;
        this.slot = slot;
        this.memory = memory;
        this.regionTakesCalls = regionTakesCalls;
        this.turn = turn;
    }

    /** Waits for both. */
    void take() throws InterruptedException {
        order.takeAgain(slot);
        if (!takeMemory()) {
            takeInTurn();
        }
    }

    /** Takes the memory, if it is there, for a cell that has its slot; otherwise the slot is given back. */
    boolean takeMemory() {
        boolean taken = memory.tryTake();
        if (!taken) {
            slot.release();
        }
        return taken;
    }

    /** Waits for the memory, and then for the slot. */
    void takeInTurn() throws InterruptedException {
        turn.lockInterruptibly();
        try {
            memory.take();
            boolean both = false;
            try {
                order.takeAgain(slot);
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

    /** Waits for the region; a wait that is not over at once is made without the memory. */
    void await(RegionWait wait) throws InterruptedException {
        if (regionTakesCalls.getAsBoolean()) {
            wait.await();
            return;
        }
        memory.giveBack();
        wait.await();
        take();
    }

    /** Gives both back, as far as they are taken. */
    void giveBack() {
        memory.giveBack();
        slot.release();
    }
}
