package io.projectbeacon.runner.embedded;

import com.zaxxer.hikari.HikariDataSource;
import java.util.Map;
import java.util.Properties;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayConfigurationCustomizer;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * Gives Flyway connections of its own in place of the pool's. Those end a statement after 30 s and a transaction that is
 * idle for 10 s; a migration of a large table may take longer, while the transaction that holds Flyway's lock is idle.
 *
 * @param driverSettings what the pool tells the driver beside the URL
 */
record MigrationConnections(JdbcConnectionDetails details, Map<String, String> driverSettings)
        implements FlywayConfigurationCustomizer {

    private static final String STATEMENT_TIME = "socketTimeout";

    // So that PostgreSQL finds a host that vanished in mid-migration, and lets its lock go, within half a minute.
    private static final String KEEPALIVES =
            "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3";

    @Override
    public void customize(FluentConfiguration configuration) {
        // spring.flyway.url and spring.flyway.user have given it others already.
        if (configuration.getDataSource() instanceof HikariDataSource) {
            Properties settings = new Properties();
            settings.putAll(driverSettings);
            settings.remove(STATEMENT_TIME);
            DriverManagerDataSource own = new DriverManagerDataSource(details.getJdbcUrl(), settings);
            own.setUsername(details.getUsername());
            own.setPassword(details.getPassword());
            configuration.dataSource(own).initSql(KEEPALIVES);
        }
    }
}
