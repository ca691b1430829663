package io.projectbeacon.runner.execution;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** A run with one cell, whose outcome a test waits for. */
final class AwaitedHandle implements RunHandle {

    private final BooleanSupplier lease;
    private final Predicate<Duration> pause;
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<CellOutcome> outcome = new CompletableFuture<>();

    AwaitedHandle(BooleanSupplier lease, Predicate<Duration> pause) {
        this.lease = lease;
        this.pause = pause;
    }

    /** Waits for it; an interrupt of the caller interrupts the cell. */
    CellOutcome outcome() throws InterruptedException {
        try {
            return outcome.get();
        } catch (InterruptedException stopped) {
            threads.forEach(Thread::interrupt);
            throw stopped;
        } catch (ExecutionException broken) {
            throw new AssertionError(broken.getCause());
        }
    }

    @Override
    public void start(Step step) {
        threads.add(Thread.ofVirtual().start(() -> {
            try {
                step.make().ifPresent(this::done);
            } catch (InterruptedException stopped) {
                done(new CellOutcome.Interrupted());
            } catch (RuntimeException | Error broken) {
                outcome.completeExceptionally(broken);
            }
        }));
    }

    @Override
    public void done(CellOutcome known) {
        if (!outcome.complete(known)) {
            throw new AssertionError("a cell is done with twice");
        }
    }

    @Override
    public boolean mayCall() {
        return true;
    }

    @Override
    public boolean hasLease() {
        return lease.getAsBoolean();
    }

    @Override
    public boolean awaitLease() {
        return lease.getAsBoolean();
    }

    @Override
    public boolean await(RegionWait wait) throws InterruptedException {
        wait.await();
        return true;
    }

    @Override
    public boolean logsDuplicate() {
        return true;
    }

    @Override
    public boolean pause(Duration atLeast) {
        return pause.test(atLeast);
    }
}
