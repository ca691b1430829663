package io.projectbeacon.runner.embedded;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.flyway.autoconfigure.FlywayConfigurationCustomizer;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;

/**
 * Connects to the database once before Flyway does, without the connection pool: a database that is down, refuses the
 * user or is too old is then reported in one sentence and not in the pool's stack traces.
 */
final class DatabaseCheck implements FlywayConfigurationCustomizer {

    static final int OLDEST = 14;
    private static final String TIMEOUT_SECONDS = "5";

    private final JdbcConnectionDetails details;
    private final int oldest;

    DatabaseCheck(JdbcConnectionDetails details, int oldest) {
        this.details = details;
        this.oldest = oldest;
    }

    @Override
    public void customize(FluentConfiguration configuration) {
        String place = withoutParameters(details.getJdbcUrl());
        try (Connection connection = DriverManager.getConnection(details.getJdbcUrl(), settings())) {
            int version = connection.getMetaData().getDatabaseMajorVersion();
            if (version < oldest) {
                throw new CannotStartException(
                        "The database at %s is PostgreSQL %d; set spring.datasource.url to one of version %d or newer."
                                .formatted(place, version, oldest));
            }
        } catch (SQLException e) {
            throw new CannotStartException(
                    "The database at %s cannot be used (%s); start it, or correct spring.datasource.url, spring.datasource.username and spring.datasource.password."
                            .formatted(place, firstLine(e.getMessage())),
                    e);
        }
    }

    /** A JDBC URL without its parameters, one of which may be the password. */
    static String withoutParameters(String url) {
        return url.replaceFirst("\\?.*", "");
    }

    private Properties settings() {
        Properties settings = new Properties();
        put(settings, "user", details.getUsername());
        put(settings, "password", details.getPassword());
        put(settings, "connectTimeout", TIMEOUT_SECONDS);
        put(settings, "loginTimeout", TIMEOUT_SECONDS);
        return settings;
    }

    private static void put(Properties settings, String name, @Nullable String value) {
        if (value != null) {
            settings.setProperty(name, value);
        }
    }

    private static String firstLine(@Nullable String message) {
        return message == null ? "no reason given" : message.lines().findFirst().orElse("");
    }
}
