package io.projectbeacon.runner.execution;

import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.InvalidDataAccessResourceUsageException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Does database work of a cell on a thread that nobody interrupts.
 *
 * <p>A run that loses its job interrupts the threads of its cells. An interrupt in the middle of a statement closes the
 * connection, and leaves nobody knowing whether an answer that was paid for has been stored. So the statement runs on a
 * thread of its own, and the cell's thread waits for it, interrupted or not.
 */
@Component
class PatientWriter {

    private static final Logger log = LoggerFactory.getLogger(PatientWriter.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final Executor threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("database-", 0).factory());
    private volatile boolean closing;

    /** Does the work once. */
    <T> T once(Supplier<T> work) {
        try {
            return CompletableFuture.supplyAsync(work, threads).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /**
     * Does the work, and does it again while the database is away. The work must bear being done twice, since an answer
     * may have been lost.
     *
     * @param what for the log: what is being written
     * @throws DataAccessException when it can never succeed, or the process is going down
     */
    <T> T untilDone(String what, Supplier<T> work) {
        return once(() -> {
            Duration pause = FIRST_PAUSE;
            while (true) {
                try {
                    return work.get();
                } catch (DataIntegrityViolationException | InvalidDataAccessResourceUsageException hopeless) {
                    throw hopeless;
                } catch (DataAccessException | TransactionException away) {
                    if (closing) {
                        throw away;
                    }
                    log.warn("Could not write {}, trying again in {}: {}", what, pause, away.getMessage());
                    pause(pause);
                    pause = longer(pause);
                }
            }
        });
    }

    /** From now on nothing is tried again: the database is about to be closed. */
    @PreDestroy
    void close() {
        closing = true;
    }

    private static Duration longer(Duration pause) {
        Duration doubled = pause.multipliedBy(2);
        return doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    }

    private static void pause(Duration pause) {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts this thread", e);
        }
    }
}
