package io.projectbeacon.runner.database;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.DriverDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * The connections below the pool, and what the service has to know of the server that they lead to.
 *
 * <p>A server that refuses writes, or that is silent, has most likely been replaced by another one behind the same
 * address. Then the pool gives up all connections to it at once: one by one, each would fail the work that draws it.
 */
final class WatchedDataSource extends DelegatingDataSource {

    private static final Logger log = LoggerFactory.getLogger(WatchedDataSource.class);

    /**
     * What the service relies on, whatever the role's or the database's defaults are. Claims are decided by the latest
     * version of a row, which only READ COMMITTED sees. The warnings are how a commit says that no standby has it. A
     * server's stricter {@code remote_apply} stays. A database that is read-only by default was made so by someone, and
     * stays so.
     */
    private static final String SETTINGS = """
            SET default_transaction_isolation = 'read committed'; SET client_min_messages = 'warning';
            SELECT set_config('synchronous_commit', 'on', false)
            WHERE current_setting('synchronous_commit') IN ('off', 'local')
            """;

    /** Of many writes that fail at once, one empties the pool. */
    private static final Duration BETWEEN_DEPARTURES = Duration.ofSeconds(1);

    private final HikariDataSource pool;
    private final Doubt doubt;
    private final Set<WatchedConnection> open = ConcurrentHashMap.newKeySet();
    private final AtomicLong left = new AtomicLong(System.nanoTime() - BETWEEN_DEPARTURES.toNanos());

    private WatchedDataSource(HikariDataSource pool) {
        super(new DriverDataSource(
                pool.getJdbcUrl(),
                pool.getDriverClassName(),
                pool.getDataSourceProperties(),
                pool.getUsername(),
                pool.getPassword()));
        this.pool = pool;
        this.doubt = new Doubt(pool);
    }

    /** Puts the watch below a pool that has not begun to connect. */
    static void below(HikariDataSource pool) {
        WatchedDataSource watched = new WatchedDataSource(pool);
        pool.setDataSource(watched);
        pool.setExceptionOverride(new ReadOnlyServers(watched));
    }

    Doubt doubt() {
        return doubt;
    }

    @Override
    public Connection getConnection() throws SQLException {
        return watch(super.getConnection());
    }

    @Override
    public Connection getConnection(String username, String password) throws SQLException {
        return watch(super.getConnection(username, password));
    }

    private Connection watch(Connection connection) throws SQLException {
        try (Statement settings = connection.createStatement()) {
            settings.execute(SETTINGS);
        } catch (SQLException refused) {
            connection.close();
            throw refused;
        }
        WatchedConnection watched = new WatchedConnection(connection, this);
        open.add(watched);
        return watched.proxy();
    }

    void closed(WatchedConnection connection) {
        open.remove(connection);
    }

    /** Closes the connections that are idle, ends those that have been silent for long, and lets the others end. */
    void leave(String why) {
        long now = System.nanoTime();
        long before = left.get();
        if (pool.getHikariPoolMXBean() == null
                || now - before < BETWEEN_DEPARTURES.toNanos()
                || !left.compareAndSet(before, now)) {
            return;
        }
        log.debug("The database server {}: connecting anew", why);
        pool.getHikariPoolMXBean().softEvictConnections();
        open.forEach(WatchedConnection::abortIfSilent);
    }
}
