package io.projectbeacon.runner.support;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Real threads that start on the same signal. */
public final class Race implements AutoCloseable {

    private final ExecutorService threads;
    private final CyclicBarrier start;

    public Race(int runners) {
        this.threads = Executors.newFixedThreadPool(runners);
        this.start = new CyclicBarrier(runners);
    }

    /** Runs all at once, one per thread, and returns their results. There must be as many as the race has threads. */
    public <T> List<T> run(List<Callable<T>> runners) throws Exception {
        if (runners.size() != start.getParties()) {
            throw new IllegalArgumentException(runners.size() + " runners for " + start.getParties() + " threads");
        }
        List<Future<T>> futures = new ArrayList<>();
        for (Callable<T> runner : runners) {
            futures.add(threads.submit(() -> {
                start.await();
                return runner.call();
            }));
        }
        List<T> results = new ArrayList<>();
        for (Future<T> future : futures) {
            try {
                results.add(future.get());
            } catch (ExecutionException failed) {
                throw new AssertionError("one of those that raced has failed", failed.getCause());
            }
        }
        return results;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
