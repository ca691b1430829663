package io.projectbeacon.runner.database;

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
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends requests that come at the same time to a server in one batch, since a commit costs the same for one row as for
 * hundreds.
 *
 * <p>No request waits for others to come. One that finds the writer idle is written at once, alone; those that come
 * while the writer is busy go with the next batch. So batches grow with the load and with nothing else. There is one
 * writer: two made smaller batches that locked the same jobs' rows at the same time, and were slower.
 *
 * <p>A request that its batch leaves undecided, and each request of a batch that failed, goes back to its caller, who
 * asks for it alone, on its own thread: so a bad row fails no other request, and a locked row delays no other. The work
 * must bear being done twice, since a batch whose answer was lost may have been written.
 *
 * <p>A caller that waits for its answer waits interrupted or not, and stays interrupted: it has to learn what was written
 * for it. One that does not wait is told the answer, whatever became of the thread that asked.
 *
 * @param <Q> a request
 * @param <A> the answer to one request
 */
public final class GroupCommit<Q, A> {

    private static final Logger log = LoggerFactory.getLogger(GroupCommit.class);

    private record Waiting<Q, A>(Q request, Consumer<Optional<A>> answer) {}

    /** Writes a batch. The answers stand in the order of the requests; one is empty where the batch does not decide. */
    public interface Batch<Q, A> {
        List<Optional<A>> write(List<Q> requests);
    }

    /** Is told what became of requests. */
    public interface Answers<A> {

        /**
         * To be over soon: the writer tells it, and the next batch waits for that.
         *
         * @param place of the request in the list that was handed over
         * @param answer empty when the request was not decided together with others: it is to be asked for alone
         */
        void tell(int place, Optional<A> answer);
    }

    /** The answer to a request that asks for nothing but to be written. */
    public enum Written {
        WRITTEN
    }

    /**
     * How large a batch may be.
     *
     * @param capacity of a batch; a request that is larger travels alone
     * @param size how much of it a request takes, at least 1
     */
    public record Bounds<Q>(int capacity, ToIntFunction<Q> size) {

        /** @param requests that a batch has at most */
        public static <Q> Bounds<Q> requests(int requests) {
            return new Bounds<>(requests, request -> 1);
        }
    }

    private final String what;
    private final Batch<Q, A> together;
    private final Bounds<Q> bounds;
    private final Executor threads;
    private final OutageLog outage = new OutageLog(log);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private final Queue<Waiting<Q, A>> waiting = new ArrayDeque<>();
    private boolean writing;

    /** @param threads where the writer runs; nothing may interrupt it */
    GroupCommit(String what, Batch<Q, A> together, Bounds<Q> bounds, Executor threads) {
        this.what = what;
        this.together = together;
        this.bounds = bounds;
        this.threads = threads;
    }

    /**
     * Asks, and waits for the answer.
     *
     * @return empty when the request was not decided together with others: the caller asks for it alone
     */
    public Optional<A> ask(Q request) {
        CompletableFuture<Optional<A>> mine = new CompletableFuture<>();
        handOver(List.of(request), (place, answer) -> mine.complete(answer));
        return mine.join();
    }

    /** Hands requests over, to be written in one batch as far as they fit, and does not wait. Each has one answer. */
    public void handOver(List<Q> requests, Answers<A> answers) {
        List<Waiting<Q, A>> added = new ArrayList<>(requests.size());
        for (int n = 0; n < requests.size(); n++) {
            int place = n;
            added.add(new Waiting<>(requests.get(n), answer -> answers.tell(place, answer)));
        }
        if (add(added)) {
            startWriter();
        }
    }

    /** Waits until no request is waiting or being written, or the time is over. */
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

    /** @return whether a writer has to be started */
    private boolean add(List<Waiting<Q, A>> requests) {
        lock.lock();
        try {
            waiting.addAll(requests);
            boolean needsWriter = !writing && !requests.isEmpty();
            writing |= needsWriter;
            return needsWriter;
        } finally {
            lock.unlock();
        }
    }

    private void startWriter() {
        try {
            threads.execute(this::writeAll);
        } catch (RuntimeException | Error noThread) {
            failed(noThread);
            List<Waiting<Q, A>> abandoned = next();
            while (!abandoned.isEmpty()) {
                abandoned.forEach(request -> tell(request, Optional.empty()));
                abandoned = next();
            }
        }
    }

    private void writeAll() {
        for (List<Waiting<Q, A>> batch = next(); !batch.isEmpty(); batch = next()) {
            write(batch);
        }
    }

    /**
     * The next batch. If it is empty, the writer is marked idle under the same lock: so no request is left without one.
     */
    private List<Waiting<Q, A>> next() {
        lock.lock();
        try {
            List<Waiting<Q, A>> batch = new ArrayList<>();
            int left = bounds.capacity();
            for (Waiting<Q, A> first = waiting.peek(); first != null; first = waiting.peek()) {
                left -= bounds.size().applyAsInt(first.request());
                if (left < 0 && !batch.isEmpty()) {
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
            outage.back("Batches of " + what + " are written again");
        } catch (RuntimeException | Error failure) {
            failed(failure); // An Error is caught too: a writer that dies would leave the others waiting for ever.
        }
        for (int n = 0; n < batch.size(); n++) {
            tell(batch.get(n), n < answers.size() ? answers.get(n) : Optional.empty());
        }
    }

    private void tell(Waiting<Q, A> request, Optional<A> answer) {
        try {
            request.answer().accept(answer);
        } catch (RuntimeException | Error broken) {
            log.error("What follows a batch of {} failed for one of them", what, broken);
        }
    }

    private void failed(Throwable failure) {
        outage.away("A batch of " + what + " failed; each of them is written alone", failure);
    }
}
