package io.projectbeacon.runner.worker;

import java.util.concurrent.Semaphore;

/** One cell's place among the calls of its region. It can be given back and taken again; used by one thread at a time. */
final class RegionPermit {

    private final Semaphore places;
    private boolean held;

    RegionPermit(Semaphore places) {
        this.places = places;
    }

    /** Waits for a place. */
    void acquire() throws InterruptedException {
        places.acquire();
        held = true;
    }

    /** Gives the place back, if it is held. */
    void release() {
        if (held) {
            held = false;
            places.release();
        }
    }
}
