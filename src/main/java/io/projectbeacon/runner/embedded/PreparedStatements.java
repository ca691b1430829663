package io.projectbeacon.runner.embedded;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Properties;
import java.util.Set;

/**
 * Checks that what a connection has prepared is still there in its next transaction. Behind a pooler that gives each
 * transaction another session it is not, and the driver prepares a statement at its fifth use: such a service would
 * start, and fail at some job.
 *
 * <p>The driver's classes would tell more than its properties do, but refer to annotations that it does not bring.
 */
final class PreparedStatements {

    /** PostgreSQL does not know the name, or knows it already: of another connection. */
    private static final Set<String> LOST = Set.of("26000", "42P05");

    /**
     * Both connections use the same names, in turn. An idle pooler gives both the same session, or each another one each
     * time; only one that is busy with others could seem right once, and hardly each time.
     */
    private static final int ROUNDS = 20;

    private static final String THRESHOLD = "prepareThreshold";
    private static final String NEVER = "0";

    private PreparedStatements() {}

    /**
     * Has a connection prepare each statement at its first use, unless it is told to prepare none. The same parameter of
     * a URL would outweigh this one, as it outweighs that of the pool.
     */
    static void prepareAtOnce(Properties settings) {
        if (!NEVER.equals(settings.getProperty(THRESHOLD))) {
            settings.setProperty(THRESHOLD, "1");
        }
    }

    /**
     * Uses what both have prepared, again and again.
     *
     * @param one with settings that went through {@link #prepareAtOnce}
     * @param two likewise
     * @throws SQLException one that is {@link #lost} if they get lost
     */
    static void use(Connection one, Connection two) throws SQLException {
        try (PreparedStatement first = one.prepareStatement("SELECT 1");
                PreparedStatement second = two.prepareStatement("SELECT 1")) {
            for (int round = 0; round < ROUNDS; round++) {
                first.executeQuery().close();
                second.executeQuery().close();
            }
        }
    }

    /** Whether this is what a connection says whose prepared statements got lost. */
    static boolean lost(SQLException e) {
        return LOST.contains(String.valueOf(e.getSQLState()));
    }
}
