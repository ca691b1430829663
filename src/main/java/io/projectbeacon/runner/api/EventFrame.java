package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.arrival.MemoryShare;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Events on their way to the listeners of a job: the bytes are there once, until the last listener has taken them. */
record EventFrame(byte[] bytes, MemoryShare.@Nullable Reservation memory) {

    /**
     * Whoever makes it releases it.
     *
     * @throws io.projectbeacon.runner.arrival.NoRoomException when requests hold the memory
     */
    static EventFrame of(byte[] bytes, MemoryShare share) {
        if (bytes.length <= MemoryBudget.SMALL_BODY) {
            return new EventFrame(bytes, null);
        }
        MemoryShare.Reservation memory = share.open();
        memory.grow(bytes.length, false, Duration.ZERO);
        return new EventFrame(bytes, memory);
    }

    void retain() {
        if (memory != null) {
            memory.retain();
        }
    }

    void release() {
        if (memory != null) {
            memory.close();
        }
    }
}
