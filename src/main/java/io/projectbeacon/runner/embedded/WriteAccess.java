package io.projectbeacon.runner.embedded;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Checks that the server writes, and that the role may: a service that can only read would fail at each job. */
final class WriteAccess {

    // Of the tables that the owner of the migrations' history has beside it, which are ours. The history itself may
    // well be another role's business (spring.flyway.user).
    private static final String FIRST_UNWRITABLE = """
            SELECT current_user, c.relname, c.relnamespace::regnamespace
            FROM pg_class h JOIN pg_class c ON c.relnamespace = h.relnamespace AND c.relowner = h.relowner
            WHERE h.relname = 'flyway_schema_history' AND h.relnamespace = to_regnamespace(current_schema())
              AND c.relkind = 'r' AND c.oid <> h.oid
              AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
                AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
            ORDER BY c.relname LIMIT 1""";

    private WriteAccess() {}

    /**
     * Requires that this connection can write.
     *
     * @param place the database, for the message
     * @throws CannotStartException if it can't
     */
    static void require(Connection connection, String place) throws SQLException {
        // In a transaction of more than one statement, as the service will use it.
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            requireWritingServer(statement, place);
            requireWritingRole(statement, place);
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    private static void requireWritingServer(Statement statement, String place) throws SQLException {
        try (ResultSet server = statement.executeQuery(
                "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', current_user")) {
            server.next();
            if (server.getBoolean(1)) {
                throw new CannotStartException(
                        "The database at %s is a standby, which only reads; set spring.datasource.url to the primary, or to all servers (jdbc:postgresql://a,b/beacon?targetServerType=primary)."
                                .formatted(place));
            }
            if (server.getBoolean(2)) {
                throw new CannotStartException(
                        "The database at %s only reads for the role %s; set default_transaction_read_only to off (ALTER ROLE … RESET default_transaction_read_only, or in postgresql.conf), or name another role in spring.datasource.username."
                                .formatted(place, server.getString(3)));
            }
        }
    }

    private static void requireWritingRole(Statement statement, String place) throws SQLException {
        try (ResultSet unwritable = statement.executeQuery(FIRST_UNWRITABLE)) {
            if (unwritable.next()) {
                throw new CannotStartException(
                        "The role %1$s may not write the table %2$s of the database at %4$s; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %3$s TO it, or name the tables' owner in spring.datasource.username."
                                .formatted(
                                        unwritable.getString(1),
                                        unwritable.getString(2),
                                        unwritable.getString(3),
                                        place));
            }
        }
    }
}
