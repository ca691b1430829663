package io.projectbeacon.runner.execution;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * Two writers of batches beside each other, so that one can use the processor while the other waits for its commit.
 *
 * <p>All that concerns one job goes by the same lane: two statements never lock the same job's row for the same purpose,
 * and a job's requests keep their order.
 *
 * @param <Q> what is asked
 * @param <A> the answer to one request
 */
final class Lanes<Q, A> {

    private static final int NUMBER = 2;

    private final ToLongFunction<Q> job;
    private final List<GroupCommit<Q, A>> lanes;

    /** @param job the id of the job that a request concerns */
    Lanes(ToLongFunction<Q> job, Supplier<GroupCommit<Q, A>> lane) {
        this.job = job;
        this.lanes = Stream.generate(lane).limit(NUMBER).toList();
    }

    /** As {@link GroupCommit#ask}. */
    A ask(Q request) {
        return lanes.get(Math.floorMod(job.applyAsLong(request), NUMBER)).ask(request);
    }

    /** As {@link GroupCommit#drain()}, for all lanes together. */
    void drain() throws InterruptedException {
        drain(GroupCommit.PATIENCE);
    }

    void drain(Duration atMost) throws InterruptedException {
        long end = System.nanoTime() + atMost.toNanos();
        for (GroupCommit<Q, A> lane : lanes) {
            lane.drain(Duration.ofNanos(end - System.nanoTime()));
        }
    }
}
