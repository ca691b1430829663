package io.projectbeacon.runner.embedded;

import javax.sql.DataSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;

/**
 * Starts an embedded PostgreSQL or Redis in place of a server that is not configured. The data source and the Redis
 * client depend on these beans, so the servers are up before either connects, and are stopped after both are closed,
 * when the worker and the web server have long ended; Spring sees to that, also when a start fails half-way. This is an
 * auto-configuration, because then a test slice without a database does not start one.
 *
 * <p>The two classes inside carry no {@code @Configuration}: the application's component scan would find them by it,
 * and Spring would look for other connection details before a test's containers have brought theirs.
 */
@AutoConfiguration(before = {DataSourceAutoConfiguration.class, DataRedisAutoConfiguration.class})
@EnableConfigurationProperties(EmbeddedProperties.class)
class EmbeddedServersAutoConfiguration {

    private static final int MAX_CONNECTIONS = 200;
    private static final int REDIS_DATABASES = 16;

    @Bean
    @Lazy
    DirectoryLock embeddedDirectoryLock(EmbeddedProperties properties) {
        EmbeddedArtifacts.require();
        return DirectoryLock.acquire(properties.directory());
    }

    @ConditionalOnUnset("spring.datasource.url")
    @ConditionalOnMissingBean({DataSource.class, JdbcConnectionDetails.class})
    static class Postgres {

        @Bean
        PostgresServer embeddedPostgres(DirectoryLock lock) {
            return PostgresServer.start(lock.directory(), MAX_CONNECTIONS);
        }

        @Bean
        JdbcConnectionDetails embeddedPostgresConnectionDetails(PostgresServer postgres) {
            return new EmbeddedPostgresConnectionDetails(postgres);
        }

        @Bean
        EmbeddedOwnership embeddedOwnership(DirectoryLock lock) {
            return new EmbeddedOwnership(lock.directory());
        }
    }

    @ConditionalOnUnset({
        "spring.data.redis.url",
        "spring.data.redis.host",
        "spring.data.redis.sentinel.nodes",
        "spring.data.redis.cluster.nodes",
        "spring.data.redis.masterreplica.nodes"
    })
    @ConditionalOnMissingBean(DataRedisConnectionDetails.class)
    static class Redis {

        @Bean
        RedisServer embeddedRedis(DirectoryLock lock) {
            return RedisServer.start(lock.directory(), REDIS_DATABASES);
        }

        @Bean
        DataRedisConnectionDetails embeddedRedisConnectionDetails(RedisServer redis) {
            return new EmbeddedRedisConnectionDetails(redis);
        }
    }
}
