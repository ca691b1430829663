package io.projectbeacon.runner.embedded;

import java.util.Arrays;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.output.MigrateResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/**
 * The command that migrates the database's tables and ends: what a start does first, without the time limit of a start.
 * Of several at once, one migrates and the others wait for it. It reads the settings that the service reads.
 */
public final class Migrate {

    public static final String COMMAND = "migrate";

    /** By which its connections can be told in {@code pg_stat_activity}. */
    private static final String APPLICATION_NAME = "beacon-runner-migrate";

    private static final Logger log = LoggerFactory.getLogger(Migrate.class);

    /* They outweigh the settings of the service, which may have been told to leave the tables alone. */
    private static final String[] ALWAYS = {
        "--spring.flyway.enabled=true",
        "--spring.flyway.lock-retry-count=-1",
        "--spring.datasource.hikari.data-source-properties.ApplicationName=" + APPLICATION_NAME
    };

    private Migrate() {}

    /** Returns when the tables are as this version wants them; throws when they are not, after logging why. */
    public static void run(String[] arguments) {
        SpringApplication application = new SpringApplication(Tables.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.addInitializers(context -> requireDatabase(context.getEnvironment()));
        String[] settings = Stream.concat(Arrays.stream(arguments).skip(1), Arrays.stream(ALWAYS))
                .toArray(String[]::new);
        application.run(settings).close();
    }

    private static void requireDatabase(Environment environment) {
        if (environment.getProperty("spring.datasource.url", "").isBlank()) {
            throw new CannotStartException(
                    "There is no database to migrate; set spring.datasource.url (SPRING_DATASOURCE_URL). An embedded database is migrated when the service starts.");
        }
    }

    /* No @Configuration: the service's component scan would find it by that. */
    @ImportAutoConfiguration({
        DataSourceAutoConfiguration.class,
        FirstMinutesAutoConfiguration.class,
        FlywayAutoConfiguration.class
    })
    static class Tables {

        @Bean
        FlywayMigrationStrategy migration(JdbcConnectionDetails database) {
            String place = DatabaseCheck.withoutParameters(database.getJdbcUrl());
            return flyway -> migrate(flyway, place);
        }

        private static void migrate(Flyway flyway, String place) {
            MigrationInfo[] pending = flyway.info().pending();
            log.info(
                    "Migrations to be made in {}: {}. If another process is making them, this one waits",
                    place,
                    pending.length);
            MigrateResult result = flyway.migrate();
            log.info(
                    "The tables are as this version wants them: {} migration(s) made by this process",
                    result.migrationsExecuted);
        }
    }
}
