package io.projectbeacon.runner.embedded;

import java.util.Map;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/** Provides what a person sees at the first start: the check of the database, and the banner that says what to try. */
@AutoConfiguration(after = DataSourceAutoConfiguration.class, before = FlywayAutoConfiguration.class)
@ConditionalOnBean(JdbcConnectionDetails.class)
class FirstMinutesAutoConfiguration {

    private static final String DRIVER_SETTINGS = "spring.datasource.hikari.data-source-properties";

    @Bean
    DatabaseCheck databaseCheck(JdbcConnectionDetails details, Environment environment) {
        return new DatabaseCheck(details, driverSettings(environment), DatabaseCheck.OLDEST);
    }

    @Bean
    MigrationConnections migrationConnections(JdbcConnectionDetails details, Environment environment) {
        return new MigrationConnections(details, driverSettings(environment));
    }

    @Bean
    MigrationLog migrationLog() {
        return new MigrationLog();
    }

    @Bean
    ReadyBanner readyBanner(JdbcConnectionDetails details, ObjectProvider<EmbeddedOwnership> ownership) {
        return new ReadyBanner(details, ownership.getIfAvailable());
    }

    private static Map<String, String> driverSettings(Environment environment) {
        return Binder.get(environment)
                .bind(DRIVER_SETTINGS, Bindable.mapOf(String.class, String.class))
                .orElse(Map.of());
    }
}
