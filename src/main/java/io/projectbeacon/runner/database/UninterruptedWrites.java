package io.projectbeacon.runner.database;

import io.projectbeacon.runner.domain.Backoff;
import jakarta.annotation.PreDestroy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;
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

    /** How often a write must be refused after its caller's interrupt; once may be chance, such as a deadlock. */
    private static final int REFUSALS = 2;

    /** The beginnings of states that say nothing of the one write: no connection, no resources, shutting down, read-only. */
    private static final Set<String> AWAY = Set.of("08", "53", "57P", "25006");

    /**
     * A write that is done until it is done.
     *
     * @param left whether its caller has been interrupted: it waits for an outage to end, but not for one refused write
     */
    private record Write<T>(String what, Supplier<T> work, CompletableFuture<T> done, AtomicBoolean left) {}

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
        try {
            return CompletableFuture.supplyAsync(() -> withConnection(work), threads)
                    .join();
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
     * <p>A caller that is interrupted still waits while the database is away. But one row may refuse to be written for as
     * long as a person at a console holds it, or a trigger or a broken page is there. Then the caller is let go, and the
     * write is tried on without it.
     *
     * @param what for the log: what is being written
     * @throws DataAccessException when the database refuses what is to be written, or the process is going down
     * @throws LeftUnwrittenException when the database goes on refusing after the caller's interrupt
     */
    public <T> T untilDone(String what, Supplier<T> work) {
        Write<T> write = new Write<>(what, work, new CompletableFuture<>(), new AtomicBoolean());
        threads.execute(() -> {
            try {
                write.done().complete(repeat(write));
            } catch (RuntimeException | Error failure) {
                write.done().completeExceptionally(failure);
            }
        });
        return joined(write);
    }

    private <T> T repeat(Write<T> write) {
        int failures = 0;
        int refusals = 0;
        while (true) {
            try {
                T done = withConnection(write.work());
                outage.back("The database takes writes again");
                return done;
            } catch (DataIntegrityViolationException refused) {
                throw refused;
            } catch (DataAccessException | TransactionException failure) {
                if (closing) {
                    throw failure;
                }
                outage.away("Could not write " + write.what() + "; trying again until it is written", failure);
                if (isRefusal(failure) && write.left().get() && ++refusals == REFUSALS) {
                    write.done().completeExceptionally(new LeftUnwrittenException(write.what(), failure));
                }
                failures++;
                if (!Pause.of(PAUSES.after(failures))) {
                    throw new IllegalStateException("this thread is never interrupted");
                }
            }
        }
    }

    /** Whether the server has answered, and refused this very write. */
    private static boolean isRefusal(RuntimeException failure) {
        return NestedExceptionUtils.getMostSpecificCause(failure) instanceof SQLException refused
                && refused.getSQLState() != null
                && AWAY.stream().noneMatch(refused.getSQLState()::startsWith);
    }

    private static <T> T joined(Write<T> write) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return write.done().get();
                } catch (InterruptedException e) {
                    interrupted = true;
                    write.left().set(true);
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof RuntimeException cause) {
                        throw cause;
                    }
                    throw new IllegalStateException(e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
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
}
