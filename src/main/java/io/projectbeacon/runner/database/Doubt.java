package io.projectbeacon.runner.database;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.SQLWarning;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLWarning;
import org.postgresql.util.ServerErrorMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether there may be commits that this process was told of and that no standby has.
 *
 * <p>PostgreSQL commits locally first, and waits for its synchronous standby then. When that wait is cancelled, by a
 * time-out for example, it reports success, with a warning. A failover loses such a commit, so the doubt begins with
 * the warning. The write-ahead log has one order: a later commit for which the standby did answer proves all before it,
 * so one such commit, which writes a message and nothing else, is tried every second, and ends the doubt.
 */
final class Doubt {

    private static final Logger log = LoggerFactory.getLogger(Doubt.class);

    /** The place in PostgreSQL's source that gives the warning: its text is in the server's language. */
    private static final String ROUTINE = "SyncRepWaitForLSN";

    private static final String TEXT = "canceling wait for synchronous replication";

    private static final String TRANSACTION_RESOLUTION_UNKNOWN = "08007";

    /** A transaction that writes nothing waits for no standby, so it has to write. */
    private static final String WRITE_AHEAD = "SELECT pg_logical_emit_message(true, 'beacon', 'confirm')";

    private static final int LIMIT_SECONDS = 2;
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final @Nullable HikariDataSource pool;
    private final AtomicBoolean there = new AtomicBoolean();
    private final AtomicLong warnings = new AtomicLong();

    /** @param pool null where nothing is watched: then there is never a doubt */
    Doubt(@Nullable HikariDataSource pool) {
        this.pool = pool;
    }

    boolean isThere() {
        return there.get();
    }

    /**
     * Looks at what came with an answer of the server.
     *
     * @throws SQLException when the answer says of a commit that no standby has it
     */
    void look(@Nullable SQLWarning first) throws SQLException {
        for (SQLWarning warning = first; warning != null; warning = warning.getNextWarning()) {
            if (isUnconfirmed(warning)) {
                begin();
                throw new SQLTransientConnectionException(
                        "the commit is stored on the primary, and its synchronous standby has not confirmed it: "
                                + warning.getMessage(),
                        TRANSACTION_RESOLUTION_UNKNOWN);
            }
        }
    }

    private static boolean isUnconfirmed(SQLWarning warning) {
        ServerErrorMessage told = warning instanceof PSQLWarning ours ? ours.getServerErrorMessage() : null;
        return told != null && ROUTINE.equals(told.getRoutine())
                || String.valueOf(warning.getMessage()).contains(TEXT);
    }

    private void begin() {
        warnings.incrementAndGet();
        if (there.compareAndSet(false, true)) {
            log.warn("PostgreSQL's synchronous standby has not confirmed a commit. No call begins and no job is taken"
                    + " until a later commit is confirmed; trying one every second");
            Thread.ofVirtual().name("confirm").start(this::confirmUntilDone);
        }
    }

    private void confirmUntilDone() {
        while (there.get() && pool != null && !pool.isClosed()) {
            Pause.of(PAUSE);
            long before = warnings.get();
            if (isConfirmed(pool) && before == warnings.get()) {
                there.set(false);
                log.info("PostgreSQL's commits are confirmed again; calls begin and jobs are taken");
            }
        }
    }

    private static boolean isConfirmed(HikariDataSource pool) {
        try (Connection connection = pool.getConnection();
                PreparedStatement write = connection.prepareStatement(WRITE_AHEAD)) {
            write.setQueryTimeout(LIMIT_SECONDS);
            write.execute();
            return true;
        } catch (SQLException unconfirmed) {
            log.debug("Not confirmed yet", unconfirmed);
            return false;
        }
    }
}
