package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.support.Containers;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.NeedsDocker;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.postgresql.PostgreSQLContainer;

@NeedsDocker(Containers.POSTGRES)
class ClaimContainerTest extends ClaimContract {

    private static final PostgreSQLContainer POSTGRES = Containers.postgres();
    private static final AtomicInteger nextDatabase = new AtomicInteger();

    @BeforeAll
    static void start() {
        POSTGRES.start();
    }

    @AfterAll
    static void stop() {
        POSTGRES.stop();
    }

    @Override
    Database database() {
        String name = "test_" + nextDatabase.incrementAndGet();
        try (var connection = DriverManager.getConnection(url(POSTGRES.getDatabaseName()));
                var statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot create the database " + name, e);
        }
        return Database.at(url(name));
    }

    private static String url(String database) {
        return "jdbc:postgresql://%s:%d/%s?user=%s&password=%s"
                .formatted(
                        POSTGRES.getHost(),
                        POSTGRES.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT),
                        database,
                        POSTGRES.getUsername(),
                        POSTGRES.getPassword());
    }
}
