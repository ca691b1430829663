package io.projectbeacon.runner.intake;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Work that a client does not wait for longer than a while; it goes on when the client has its answer. */
final class Patience {

    private Patience() {}

    /** @throws TimeoutException when the work has not ended in time */
    static <T> T of(Duration longest, Supplier<T> work) throws TimeoutException {
        CompletableFuture<T> result = CompletableFuture.supplyAsync(
                work, task -> RequestId.threads().newThread(task).start());
        boolean interrupted = false;
        long end = System.nanoTime() + longest.toNanos();
        try {
            while (true) {
                try {
                    return result.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true; // An interrupt does not decide whether the job is stored.
                } catch (ExecutionException failed) {
                    if (failed.getCause() instanceof RuntimeException cause) {
                        throw cause;
                    }
                    throw new IllegalStateException(failed.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
