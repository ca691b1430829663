package io.projectbeacon.runner.embedded;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;

/** Provides what a person sees at the first start: the check of the database, and the banner that says what to try. */
@AutoConfiguration(after = DataSourceAutoConfiguration.class, before = FlywayAutoConfiguration.class)
@ConditionalOnBean(JdbcConnectionDetails.class)
class FirstMinutesAutoConfiguration {

    @Bean
    DatabaseCheck databaseCheck(JdbcConnectionDetails details) {
        return new DatabaseCheck(details, DatabaseCheck.OLDEST);
    }

    @Bean
    ReadyBanner readyBanner(JdbcConnectionDetails details, ObjectProvider<EmbeddedOwnership> ownership) {
        return new ReadyBanner(details, ownership.getIfAvailable());
    }
}
