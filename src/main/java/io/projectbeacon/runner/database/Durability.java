package io.projectbeacon.runner.database;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.util.Objects;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Whether what the database says would outlive the loss of its primary.
 *
 * <p>A commit whose answer came without a warning would. A row that was found by reading need not: the commit that wrote
 * it may be one that no standby has, also when another replica made it. So a caller that acts on such a row, or
 * acknowledges it, reads it through {@link #read}.
 */
public final class Durability {

    /* Waits for the standby, if the server has a synchronous one; otherwise it writes nothing. */
    private static final String CONFIRM = """
            SELECT pg_logical_emit_message(true, 'beacon', 'confirm')
            WHERE current_setting('synchronous_standby_names') <> ''
            """;

    private final @Nullable WatchedDataSource watched;
    private final Doubt doubt;
    private final JdbcTemplate jdbc;
    private final TransactionTemplate transaction;

    private Durability(DataSource pool, @Nullable WatchedDataSource watched) {
        this.watched = watched;
        this.doubt = watched == null ? new Doubt(null) : watched.doubt();
        this.jdbc = new JdbcTemplate(pool);
        this.jdbc.setQueryTimeout(TimeLimitedJdbc.TIMEOUT_SECONDS);
        this.transaction = new TransactionTemplate(new JdbcTransactionManager(pool));
    }

    /** Of the server behind a template. */
    public static Durability of(JdbcTemplate template) {
        DataSource pool = Objects.requireNonNull(template.getDataSource());
        return new Durability(pool, watched(pool));
    }

    private static @Nullable WatchedDataSource watched(DataSource pool) {
        try {
            if (pool.isWrapperFor(HikariDataSource.class)
                    && pool.unwrap(HikariDataSource.class).getDataSource() instanceof WatchedDataSource watched) {
                return watched;
            }
        } catch (SQLException notAPool) {
            LoggerFactory.getLogger(Durability.class).debug("Not a pool", notAPool);
        }
        return null;
    }

    /** Whether a commit is known of which no standby is known to have it. */
    public boolean isInDoubt() {
        return doubt.isThere();
    }

    /** Gives up the connections to a server that was found to refuse writes. */
    void leave() {
        if (watched != null) {
            watched.leave("is read-only");
        }
    }

    /** @throws NotConfirmedException while there is a doubt: nothing new may be begun on such ground */
    public void beforeNewWork() {
        if (doubt.isThere()) {
            throw new NotConfirmedException("commits are not confirmed by the synchronous standby at the moment");
        }
    }

    /**
     * Reads what has to be durable, and has the standby confirm it: the commit that follows the reading comes after
     * everything that was read.
     *
     * @throws org.springframework.dao.DataAccessException when it is not confirmed; what was read proves nothing then
     */
    public <T> T read(Supplier<T> reading) {
        beforeNewWork();
        return Objects.requireNonNull(transaction.execute(status -> {
            T found = reading.get();
            jdbc.queryForList(CONFIRM);
            return found;
        }));
    }
}
