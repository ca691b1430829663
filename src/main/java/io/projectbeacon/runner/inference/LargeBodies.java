package io.projectbeacon.runner.inference;

import java.util.LinkedHashSet;
import java.util.SequencedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Bounds what the large bodies of all calls hold at once. Each region has places of its own, so that one whose bodies are all
 * large, or stop in the middle, takes none from another. What reading costs is bounded apart from that, since a document of 8
 * MiB can become a tree thirty times as large: large bodies are read one at a time.
 */
final class LargeBodies {

    /** Large answers are rare; more of one region's would only wait for their turn to be read. */
    static final int PLACES_OF_A_REGION = 4;

    private final ConcurrentMap<String, Region> regions = new ConcurrentHashMap<>();

    /** Fair, so that a region waits for no more than the places of the others. */
    private final Semaphore reading = new Semaphore(1, true);

    /** For one call, which closes it when its answer has been read, or is given up. It takes nothing by itself. */
    Place place(String region) {
        return new Place(regions.computeIfAbsent(region, name -> new Region()));
    }

    private enum State {
        UNUSED,
        ASKED,
        CLOSED
    }

    /** Its lock is held for a look at the queue only: no thread waits, and no other code runs, while it holds the lock. */
    private static final class Region {

        private final SequencedSet<Place> waiting = new LinkedHashSet<>();
        private int free = PLACES_OF_A_REGION;

        private synchronized void enqueue(Place place) {
            // A call that is over already takes no place: its close, which gives the place back, has been before.
            if (place.state.compareAndSet(State.UNUSED, State.ASKED)) {
                waiting.add(place);
            }
        }

        private synchronized void leave(Place place) {
            if (place.state.compareAndSet(State.ASKED, State.CLOSED) && !waiting.remove(place)) {
                free++;
            }
        }

        private void admit() {
            Place next;
            synchronized (this) {
                if (free == 0 || waiting.isEmpty()) {
                    return;
                }
                free--;
                next = waiting.removeFirst();
            }
            // Not in this thread: it may be interrupted, and would close the connection that it then reads from.
            Thread.startVirtualThread(() -> next.taken.complete(null));
        }
    }

    /** One call's claim to a place. */
    final class Place implements AutoCloseable {

        private final Region region;
        private final AtomicReference<State> state = new AtomicReference<>(State.UNUSED);
        private final CompletableFuture<Void> taken = new CompletableFuture<>();

        private Place(Region region) {
            this.region = region;
        }

        /** Asks for the place; done once it is taken, and never when the call is over before. */
        CompletableFuture<Void> take() {
            if (!taken.isDone()) {
                region.enqueue(this);
                region.admit();
            }
            return taken;
        }

        /** Reads the body, after those that are being read if it is a large one. */
        <T> T read(Supplier<T> reader) {
            if (!taken.isDone()) {
                return reader.get();
            }
            // Not for an interrupt: the answer is there and paid for, and the wait is short.
            reading.acquireUninterruptibly();
            try {
                return reader.get();
            } finally {
                reading.release();
            }
        }

        @Override
        public void close() {
            if (!state.compareAndSet(State.UNUSED, State.CLOSED)) {
                region.leave(this);
                region.admit();
            }
        }
    }
}
