package io.projectbeacon.runner.embedded;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.flyway.autoconfigure.FlywayConfigurationCustomizer;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;

/**
 * Connects to the database before Flyway does, without the connection pool: a database that is down, refuses the user,
 * is too old, only reads, or is behind a pooler that loses prepared statements is then reported in one sentence and not
 * in the pool's stack traces, or not at all before the first job.
 */
final class DatabaseCheck implements FlywayConfigurationCustomizer {

    static final int OLDEST = 14;
    private static final String TIMEOUT_SECONDS = "5";

    private final JdbcConnectionDetails details;
    private final Map<String, String> driverSettings;
    private final int oldest;

    /**
     * Checks as the pool will connect.
     *
     * @param driverSettings what the pool tells the driver beside the URL
     */
    DatabaseCheck(JdbcConnectionDetails details, Map<String, String> driverSettings, int oldest) {
        this.details = details;
        this.driverSettings = driverSettings;
        this.oldest = oldest;
    }

    @Override
    public void customize(FluentConfiguration configuration) {
        String place = withoutParameters(details.getJdbcUrl());
        try (Connection connection = connect()) {
            requireVersion(connection, place);
            WriteAccess.require(connection, place);
            try (Connection another = connect()) {
                PreparedStatements.use(connection, another);
            }
        } catch (SQLException e) {
            if (PreparedStatements.lost(e)) {
                throw new CannotStartException(
                        "The database at %s is behind a pooler that gives each transaction another session (such as PgBouncer with pool_mode = transaction), so prepared statements get lost; add prepareThreshold=0 to spring.datasource.url."
                                .formatted(place),
                        e);
            }
            throw new CannotStartException(
                    "The database at %s cannot be used (%s); %s."
                            .formatted(place, DatabaseAdvice.reason(e), DatabaseAdvice.of(e)),
                    e);
        }
    }

    /** A JDBC URL without its parameters, one of which may be the password. */
    static String withoutParameters(String url) {
        return url.replaceFirst("\\?.*", "");
    }

    private void requireVersion(Connection connection, String place) throws SQLException {
        int version = connection.getMetaData().getDatabaseMajorVersion();
        if (version < oldest) {
            throw new CannotStartException(
                    "The database at %s is PostgreSQL %d; set spring.datasource.url to one of version %d or newer."
                            .formatted(place, version, oldest));
        }
    }

    private Connection connect() throws SQLException {
        Properties settings = new Properties();
        settings.putAll(driverSettings);
        put(settings, "user", details.getUsername());
        put(settings, "password", details.getPassword());
        put(settings, "connectTimeout", TIMEOUT_SECONDS);
        put(settings, "loginTimeout", TIMEOUT_SECONDS);
        PreparedStatements.prepareAtOnce(settings);
        return DriverManager.getConnection(details.getJdbcUrl(), settings);
    }

    private static void put(Properties settings, String name, @Nullable String value) {
        if (value != null) {
            settings.setProperty(name, value);
        }
    }
}
