package io.projectbeacon.runner.database;

import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;

/**
 * Gives up the connections to a server that refuses to write: after a failover, the old primary comes back as a standby,
 * and answers all else.
 */
final class ReadOnlyServers implements SQLExceptionOverride {

    private static final String READ_ONLY_SQL_TRANSACTION = "25006";

    private final WatchedDataSource server;

    ReadOnlyServers(WatchedDataSource server) {
        this.server = server;
    }

    @java.lang.Override
    public Override adjudicate(SQLException failure) {
        if (READ_ONLY_SQL_TRANSACTION.equals(failure.getSQLState())) {
            server.leave("refuses writes");
            return Override.MUST_EVICT;
        }
        return Override.CONTINUE_EVICT;
    }
}
