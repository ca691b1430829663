package io.projectbeacon.runner.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LanesTest {

    private record Taken(List<Long> jobs, CompletableFuture<Void> written) {}

    private final BlockingQueue<Taken> taken = new LinkedBlockingQueue<>();
    private final Lanes<Long, Long> lanes = new Lanes<>(
            job -> job,
            () -> new GroupCommit<>(
                    this::write,
                    alone -> alone,
                    failure -> {},
                    Thread::startVirtualThread,
                    new GroupCommit.Bounds<>(10, job -> 1)));

    private List<Optional<Long>> write(List<Long> jobs) {
        Taken batch = new Taken(jobs, new CompletableFuture<>());
        taken.add(batch);
        batch.written().join();
        return jobs.stream().map(Optional::of).toList();
    }

    /** Asks, and returns once the request has been handed in and waits. */
    private Thread ask(long job) {
        Thread caller = Thread.ofPlatform().daemon().start(() -> lanes.ask(job));
        await().until(() -> caller.getState() == Thread.State.WAITING);
        return caller;
    }

    private Taken next() throws InterruptedException {
        Taken batch = taken.poll(10, TimeUnit.SECONDS);
        assertThat(batch).as("a batch for the writer").isNotNull();
        return batch;
    }

    @Test
    void a_job_waits_for_its_own_lane_and_not_for_the_other() throws Exception {
        ask(2);
        Taken even = next();
        ask(4);
        ask(2);
        assertThat(taken).isEmpty();
        ask(3);
        Taken odd = next();
        assertThat(odd.jobs()).containsExactly(3L);
        even.written().complete(null);
        Taken then = next();
        assertThat(then.jobs()).containsExactly(4L, 2L);
        odd.written().complete(null);
        then.written().complete(null);
    }

    @Test
    void draining_waits_for_all_lanes_but_not_for_ever() throws Exception {
        ask(1);
        ask(2);
        List<Taken> both = List.of(next(), next());
        long begin = System.nanoTime();
        lanes.drain(Duration.ofMillis(50));
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(50));
        CompletableFuture<Void> drained = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                lanes.drain(Duration.ofMinutes(1));
                drained.complete(null);
            } catch (InterruptedException e) {
                drained.completeExceptionally(e);
            }
        });
        both.getFirst().written().complete(null);
        assertThat(drained).isNotDone();
        both.getLast().written().complete(null);
        drained.get(30, TimeUnit.SECONDS);
    }
}
