package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** The lease as the cells of a job see it. */
class JobLockTest {

    private static final long TTL = Duration.ofSeconds(30).toNanos();

    private final JobLock over = new JobLock(1, "token", System.nanoTime() - 2 * TTL, TTL);

    private CompletableFuture<Boolean> awaited() {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return over.awaitLease();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                Executors.newVirtualThreadPerTaskExecutor());
    }

    @Test
    void nobody_goes_through_while_the_time_of_the_lease_is_over() {
        CompletableFuture<Boolean> cell = awaited();
        await().during(Duration.ofMillis(200)).until(() -> true);
        assertThat(cell).isNotDone();
        over.renewed(System.nanoTime(), TTL);
        await().until(cell::isDone);
        assertThat(cell).isCompletedWithValue(true);
    }

    @Test
    void a_renewal_counts_from_before_it_was_sent() {
        CompletableFuture<Boolean> cell = awaited();
        over.renewed(System.nanoTime() - TTL, TTL);
        await().during(Duration.ofMillis(200)).until(() -> true);
        assertThat(cell).isNotDone();
        over.lose();
        await().until(cell::isDone);
        assertThat(cell).isCompletedWithValue(false);
    }
}
