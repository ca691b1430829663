package io.projectbeacon.runner.execution;

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
import org.springframework.transaction.TransactionException;

/**
 * Does database work of a cell on a thread that nobody interrupts.
 *
 * <p>A run that loses its job interrupts the threads of its cells. An interrupt in the middle of a statement closes the
 * connection, and leaves nobody knowing whether an answer that was paid for has been stored. So the statement runs on a
 * thread of its own, and the cell's thread waits for it, interrupted or not.
 */
class PatientWriter {

    private static final Logger log = LoggerFactory.getLogger(PatientWriter.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    /**
     * Connections that single cells leave to the API, to the picker of jobs, to the ends of runs, and to the three writers of
     * batches, which must not wait behind cells that somebody holds up.
     */
    private static final int RESERVED = 9;

    private final OutageLog outage = new OutageLog(log);
    private final Executor threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("database-", 0).factory());
    /** Fair, so that no cell waits for long; see {@link #once}. */
    private final Semaphore turns;

    private volatile boolean closing;

    /** @param poolSize how many connections there are for everybody */
    PatientWriter(int poolSize) {
        this.turns = new Semaphore(Math.max(1, poolSize - Math.min(RESERVED, poolSize / 2)), true);
    }

    /**
     * Does the work once, when it is this cell's turn.
     *
     * <p>There are many more cells than connections. If all of them asked the pool, waiting in our own queue would soon
     * look like a database that is away, and the API would find no connection. So cells take turns before they ask.
     */
    <T> T once(Supplier<T> work) {
        return shielded(() -> inTurn(work));
    }

    private <T> T inTurn(Supplier<T> work) {
        turns.acquireUninterruptibly();
        try {
            return work.get();
        } finally {
            turns.release();
        }
    }

    /** Where nobody interrupts. */
    Executor threads() {
        return threads;
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

    /**
     * Does the work, and does it again while the database is away. The work must bear being done twice, since an answer
     * may have been lost.
     *
     * @param what for the log: what is being written
     * @throws DataAccessException when the database refuses what is to be written, or the process is going down
     */
    <T> T untilDone(String what, Supplier<T> work) {
        return shielded(() -> {
            Duration pause = FIRST_PAUSE;
            while (true) {
                try {
                    T done = inTurn(work);
                    outage.back("The database takes writes again");
                    return done;
                } catch (DataIntegrityViolationException hopeless) {
                    throw hopeless;
                } catch (DataAccessException | TransactionException away) {
                    if (closing) {
                        throw away;
                    }
                    outage.away("Could not write " + what + "; trying again until it is written", away);
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
