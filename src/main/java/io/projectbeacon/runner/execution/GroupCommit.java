package io.projectbeacon.runner.execution;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * Lets requests that come at the same time travel to a server together, since a commit costs the same for one row
 * as for hundreds.
 *
 * <p>Nothing waits for company. A request that finds the writer idle is written at once, alone; those that come while it
 * is busy go together with the next batch. So the batches grow with the load and with nothing else. There is one writer:
 * two made smaller batches that locked the same jobs' rows at the same time, and were slower.
 *
 * <p>What a batch leaves open, and all of a batch that failed, its callers ask for alone: each on its own thread, so
 * that a bad row fails nobody else, and a row that has to be waited for holds up nobody else. The work must bear being
 * done twice, since a batch whose answer was lost may have been written.
 *
 * <p>A caller waits for its answer, interrupted or not, and stays interrupted: what has been written for it is for it
 * to know.
 *
 * @param <Q> what is asked
 * @param <A> the answer to one request
 */
public final class GroupCommit<Q, A> {

    private record Waiting<Q, A>(Q request, CompletableFuture<Optional<A>> answer) {}

    /** Writes a batch; what it answers stands in the order of the requests, and is empty where the batch does not decide. */
    public interface Batch<Q, A> {

        List<Optional<A>> write(List<Q> requests);
    }

    /**
     * @param room of a batch; what takes more than that travels alone
     * @param size how much of it a request takes, at least 1
     */
    public record Bounds<Q>(int room, ToIntFunction<Q> size) {}

    /** When the process ends: by then the database has answered, or it is away. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final Batch<Q, A> together;
    private final Function<Q, A> alone;
    private final Consumer<RuntimeException> failed;
    private final Executor threads;
    private final Bounds<Q> bounds;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private final Queue<Waiting<Q, A>> waiting = new ArrayDeque<>();
    private boolean writing;

    /**
     * @param together writes a batch of at least one request, in the order in which they came
     * @param alone answers one request, on its caller's thread
     * @param failed is told why a batch failed
     * @param threads where the writer runs; nobody may interrupt it
     */
    public GroupCommit(
            Batch<Q, A> together,
            Function<Q, A> alone,
            Consumer<RuntimeException> failed,
            Executor threads,
            Bounds<Q> bounds) {
        this.together = together;
        this.alone = alone;
        this.failed = failed;
        this.threads = threads;
        this.bounds = bounds;
    }

    /**
     * Asks, and waits for the answer.
     *
     * @throws RuntimeException what the request alone ran into; never what a neighbour did
     */
    public A ask(Q request) {
        Waiting<Q, A> mine = new Waiting<>(request, new CompletableFuture<>());
        if (add(mine)) {
            begin();
        }
        return mine.answer().join().orElseGet(() -> alone.apply(request));
    }

    /** The database is about to be closed: waits until nothing is waiting or being written, or the patience is over. */
    public void drain() throws InterruptedException {
        drain(PATIENCE);
    }

    void drain(Duration atMost) throws InterruptedException {
        long left = atMost.toNanos();
        lock.lock();
        try {
            while (writing && left > 0) {
                left = idle.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether that calls for a writer. */
    private boolean add(Waiting<Q, A> request) {
        lock.lock();
        try {
            waiting.add(request);
            boolean calls = !writing;
            writing = true;
            return calls;
        } finally {
            lock.unlock();
        }
    }

    private void begin() {
        try {
            threads.execute(this::writeAll);
        } catch (RuntimeException | Error noThread) {
            failed.accept(new IllegalStateException("No writer could be started", noThread));
            List<Waiting<Q, A>> abandoned = next();
            while (!abandoned.isEmpty()) {
                abandoned.forEach(request -> request.answer().complete(Optional.empty()));
                abandoned = next();
            }
        }
    }

    private void writeAll() {
        for (List<Waiting<Q, A>> batch = next(); !batch.isEmpty(); batch = next()) {
            write(batch);
        }
    }

    /** The next batch. If there is none the writer has gone, in the same breath: so no request is left without one. */
    private List<Waiting<Q, A>> next() {
        lock.lock();
        try {
            List<Waiting<Q, A>> batch = new ArrayList<>();
            int room = bounds.room();
            for (Waiting<Q, A> first = waiting.peek(); first != null; first = waiting.peek()) {
                room -= bounds.size().applyAsInt(first.request());
                if (room < 0 && !batch.isEmpty()) {
                    break;
                }
                batch.add(waiting.remove());
            }
            if (batch.isEmpty()) {
                writing = false;
                idle.signalAll();
            }
            return batch;
        } finally {
            lock.unlock();
        }
    }

    private void write(List<Waiting<Q, A>> batch) {
        List<Optional<A>> answers = List.of();
        try {
            answers = together.write(batch.stream().map(Waiting::request).toList());
        } catch (RuntimeException | Error failure) {
            // Even of an Error: a writer that dies would leave the others waiting for ever.
            failed.accept(failure instanceof RuntimeException known ? known : new IllegalStateException(failure));
        }
        for (int n = 0; n < batch.size(); n++) {
            batch.get(n).answer().complete(n < answers.size() ? answers.get(n) : Optional.empty());
        }
    }
}
