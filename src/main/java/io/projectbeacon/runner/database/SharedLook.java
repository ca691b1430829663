package io.projectbeacon.runner.database;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One answer of the database for all that ask at about the same time, as the gauges of one scrape do. There is one look at a
 * time, on a thread of its own, and a silent database holds none that asks up for longer than the patience.
 *
 * @param <A> what is read
 */
public final class SharedLook<A> {

    private static final Logger log = LoggerFactory.getLogger(SharedLook.class);

    /**
     * How long what takes.
     *
     * @param fresh for how long an answer is used before the database is asked again
     * @param patience how long one that asks waits for a look
     * @param stands for how long the last answer stands while a look takes longer than that
     * @param rest how many times as long as the last look took the database is left alone, if that is longer
     */
    public record Times(Duration fresh, Duration patience, Duration stands, int rest) {}

    private record Answer<A>(A value, Duration took) {}

    private final String what;
    private final Supplier<A> read;
    private final Times times;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable CompletableFuture<Answer<A>> looking;
    private @Nullable A last;
    private long answeredAt;
    private long nextLook = System.nanoTime();

    /** @param what for the log and the thread's name */
    public SharedLook(String what, Times times, Supplier<A> read) {
        this.what = what;
        this.times = times;
        this.read = read;
    }

    /** The answer; null while the database is away, or silent. */
    public @Nullable A get() {
        lock.lock();
        try {
            CompletableFuture<Answer<A>> look = looking;
            if (look != null && look.isDone()) {
                take(look);
            }
            if (System.nanoTime() - nextLook >= 0) {
                look();
            }
            return last;
        } finally {
            lock.unlock();
        }
    }

    private void look() {
        CompletableFuture<Answer<A>> look = looking;
        if (look == null) {
            look = CompletableFuture.supplyAsync(
                    this::timed, task -> Thread.ofVirtual().name(what).start(task));
            looking = look;
            await(look);
        }
        if (look.isDone()) {
            take(look);
        } else if (System.nanoTime() - answeredAt > times.stands().toNanos()) {
            last = null;
        }
    }

    private void await(CompletableFuture<Answer<A>> look) {
        try {
            look.get(times.patience().toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException seenBelow) {
            log.trace("No answer yet, or none: {}", what, seenBelow);
        }
    }

    private Answer<A> timed() {
        long begun = System.nanoTime();
        A value = read.get();
        return new Answer<>(value, Duration.ofNanos(System.nanoTime() - begun));
    }

    private void take(CompletableFuture<Answer<A>> done) {
        looking = null;
        long rest = times.fresh().toNanos();
        if (done.isCompletedExceptionally()) {
            log.debug("No answer of the database: {}", what, done.exceptionNow());
            last = null;
        } else {
            last = done.join().value();
            rest = Math.max(rest, times.rest() * done.join().took().toNanos());
        }
        answeredAt = System.nanoTime();
        nextLook = answeredAt + rest;
    }
}
