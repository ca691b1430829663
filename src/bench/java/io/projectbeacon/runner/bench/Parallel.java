package io.projectbeacon.runner.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs one step in many virtual threads, and fails when one of them does. */
final class Parallel {

    /** The step of each thread. */
    @FunctionalInterface
    interface Step {
        /** @param number of the thread, from 0 */
        void run(int number) throws Exception;
    }

    private Parallel() {}

    /** Returns when all threads have ended. */
    static void run(int threads, Step step) throws Exception {
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int n = 0; n < threads; n++) {
                int number = n;
                all.add(executor.submit(() -> {
                    step.run(number);
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
    }
}
