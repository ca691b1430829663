package io.projectbeacon.runner.database;

import io.projectbeacon.runner.domain.Backoff;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Does a cell's database work on a thread that is never interrupted.
 *
 * <p>A run that loses its job interrupts the threads of its cells. An interrupt in the middle of a statement closes the
 * connection, and then it is not known whether an answer that was paid for has been stored. So the statement runs on a
 * thread of its own, and the cell's thread waits for it, interrupted or not.
 */
@Component
public class UninterruptedWrites {

    private static final Logger log = LoggerFactory.getLogger(UninterruptedWrites.class);
    private static final Backoff PAUSES = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

    private final OutageLog outage = new OutageLog(log);
    private final Executor threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("database-", 0).factory());

    private final Semaphore connections;
    private volatile boolean closing;

    public UninterruptedWrites(ConnectionShares shares) {
        this.connections = shares.singleWrites();
    }

    /** Does the work once, as soon as one of the connections for single writes is free. */
    public <T> T once(Supplier<T> work) {
        return shielded(() -> withConnection(work));
    }

    /**
     * Does the work, and does it again while the database is away. The work must bear being done twice, since an answer
     * may have been lost.
     *
     * @param what for the log: what is being written
     * @throws DataAccessException when the database refuses what is to be written, or the process is going down
     */
    public <T> T untilDone(String what, Supplier<T> work) {
        return shielded(() -> {
            int failures = 0;
            while (true) {
                try {
                    T done = withConnection(work);
                    outage.back("The database takes writes again");
                    return done;
                } catch (DataIntegrityViolationException refused) {
                    throw refused;
                } catch (DataAccessException | TransactionException away) {
                    if (closing) {
                        throw away;
                    }
                    outage.away("Could not write " + what + "; trying again until it is written", away);
                    failures++;
                    if (!Pause.of(PAUSES.after(failures))) {
                        throw new IllegalStateException("this thread is never interrupted");
                    }
                }
            }
        });
    }

    /** Ends the repeating: the database is about to be closed. */
    @PreDestroy
    void close() {
        closing = true;
    }

    private <T> T withConnection(Supplier<T> work) {
        connections.acquireUninterruptibly();
        try {
            return work.get();
        } finally {
            connections.release();
        }
    }

    private <T> T shielded(Supplier<T> work) {
        try {
            return CompletableFuture.supplyAsync(work, threads).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
