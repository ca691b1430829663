package io.projectbeacon.runner.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfigurationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

class EmbeddedServersAutoConfigurationTest {

    private static final String[] BOTH_URLS = {
        "spring.datasource.url=jdbc:postgresql://database/beacon", "spring.data.redis.url=redis://locks:6379"
    };

    @TempDir
    private Path parent;

    private Path directory;
    private ApplicationContextRunner runner;

    @BeforeEach
    void setUp() throws IOException {
        ServerFiles.allow(parent, "rwxr-xr-x");
        directory = parent.resolve("embedded");
        runner = new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        EmbeddedServersAutoConfiguration.class,
                        DataSourceAutoConfiguration.class,
                        DataRedisAutoConfiguration.class))
                .withPropertyValues("beacon.embedded.directory=" + directory);
    }

    @Test
    void nothingIsTouchedWhenBothServersAreConfigured() {
        runner.withPropertyValues(BOTH_URLS).run(context -> {
            assertThat(context)
                    .hasNotFailed()
                    .doesNotHaveBean(EmbeddedOwnership.class)
                    .doesNotHaveBean(PostgresServer.class)
                    .doesNotHaveBean(RedisServer.class);
            assertThat(directory).doesNotExist();
        });
    }

    @Test
    void nothingIsTouchedWhenTheApplicationBringsItsOwnDataSource() {
        runner.withBean(DataSource.class, () -> new DriverManagerDataSource("jdbc:postgresql://database/beacon"))
                .withPropertyValues("spring.data.redis.sentinel.nodes[0]=sentinel:26379")
                .withPropertyValues("spring.data.redis.sentinel.master=locks")
                .run(context -> {
                    assertThat(context).hasNotFailed().doesNotHaveBean(EmbeddedOwnership.class);
                    assertThat(directory).doesNotExist();
                });
    }

    @Test
    void theComponentScanFindsNoneOfItSoOtherConnectionDetailsAreAskedForLast() {
        var scan = new ClassPathScanningCandidateComponentProvider(true);
        var autoConfiguration = new AutoConfigurationExcludeFilter();
        autoConfiguration.setBeanClassLoader(getClass().getClassLoader());
        scan.addExcludeFilter(autoConfiguration);
        assertThat(scan.findCandidateComponents(getClass().getPackageName()))
                .extracting(BeanDefinition::getBeanClassName)
                .filteredOn(name -> !name.contains("Test"))
                .isEmpty();
    }

    @Test
    void bothServersAreThereWithoutConfigurationAndGoneAfterTheContext() {
        runner.withPropertyValues("spring.datasource.url=").run(context -> {
            assertThat(JdbcClient.create(context.getBean(DataSource.class))
                            .sql("SELECT current_database()")
                            .query(String.class)
                            .single())
                    .isEqualTo("beacon");
            try (var redis = context.getBean(RedisConnectionFactory.class).getConnection()) {
                assertThat(redis.ping()).isEqualTo("PONG");
            }
            assertThat(context.getBean(EmbeddedOwnership.class).directory()).isEqualTo(directory.toRealPath());
            assertThat(directory.resolve("postgres/data/postmaster.pid")).exists();
        });

        assertThat(directory.resolve("postgres/data/postmaster.pid")).doesNotExist();
        assertThat(directory.resolve("redis/redis.pid")).doesNotExist();
        DirectoryLock.acquire(directory).close();
    }

    @Test
    void aBuildWithoutTheServersSaysWhatToSetAndTouchesNothing() {
        runner.withClassLoader(new FilteredClassLoader("io.zonky.test", "redis.embedded"))
                .run(context -> {
                    assertThat(context)
                            .getFailure()
                            .rootCause()
                            .isInstanceOf(CannotStartException.class)
                            .hasMessage(
                                    "This build carries no embedded PostgreSQL and Redis; set spring.datasource.url (with spring.datasource.username and spring.datasource.password) and spring.data.redis.url to servers of your own.");
                    assertThat(directory).doesNotExist();
                });
    }
}
