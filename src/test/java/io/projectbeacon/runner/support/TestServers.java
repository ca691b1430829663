package io.projectbeacon.runner.support;

import io.projectbeacon.runner.embedded.SharedTestServers;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.flywaydb.core.Flyway;

/**
 * One PostgreSQL and one Redis for all tests of a JVM: started at their first use, stopped when the JVM ends. The data
 * stays below {@code target/}, so a later JVM starts them in a fraction of a second; each database is a fresh one.
 */
public final class TestServers {

    private static final int MAX_CONNECTIONS = 500;
    private static final int REDIS_DATABASES = 1024;

    // Keeps this JVM's databases apart from an earlier JVM's, which stay: dropping a database takes a checkpoint.
    private static final String JVM = Long.toString(System.currentTimeMillis(), 36);

    private static final AtomicInteger nextDatabase = new AtomicInteger();
    private static final AtomicInteger nextRedisDatabase = new AtomicInteger(1);

    private TestServers() {}

    /** Creates a database with the service's tables, all empty. Returns its JDBC URL, with user and password in it. */
    public static String newDatabase() {
        return created("test_" + JVM + "_" + nextDatabase.incrementAndGet(), Migrated.DATABASE);
    }

    /** As {@link #newDatabase}, for a start that makes the tables itself. */
    public static String newEmptyDatabase() {
        return created("test_" + JVM + "_" + nextDatabase.incrementAndGet(), "template1");
    }

    private static String created(String name, String template) {
        administer("CREATE DATABASE " + name + " TEMPLATE " + template);
        return jdbcUrl(name);
    }

    /**
     * What later connections to the database have, whatever it is that they have by default now.
     *
     * @param url as {@link #newDatabase} gave it
     */
    public static void setDefault(String url, String setting, String value) {
        String name = URI.create(url.substring("jdbc:".length())).getPath().substring(1);
        administer("ALTER DATABASE %s SET %s = '%s'".formatted(name, setting, value));
    }

    private static void administer(String sql) {
        try (Connection connection = DriverManager.getConnection(adminUrl());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot " + sql, e);
        }
    }

    /** The JDBC URL of the server's own database, for statements that concern all of them. */
    public static String adminUrl() {
        return jdbcUrl("postgres");
    }

    /** The user of all databases; the same that {@link #newDatabase} has in its URL. */
    public static String username() {
        return Started.servers.username();
    }

    public static String password() {
        return Started.servers.password();
    }

    /** The Redis's URL, password included, with the logical database 0, which no test empties. */
    public static String redisUrl() {
        return Started.servers.redisUrl();
    }

    /** The URL of a logical database that no other test of this JVM has used. */
    public static String newRedisUrl() {
        return redisUrl() + "/" + newRedisDatabase();
    }

    /** The index of a logical database that no other test of this JVM has used. Channels are shared by all of them. */
    public static int newRedisDatabase() {
        int index = nextRedisDatabase.getAndIncrement();
        if (index >= REDIS_DATABASES) {
            throw new IllegalStateException("All " + REDIS_DATABASES + " Redis databases are in use");
        }
        return index;
    }

    private static String jdbcUrl(String database) {
        return "%s?user=%s&password=%s".formatted(Started.servers.jdbcUrl(database), username(), password());
    }

    /** Migrates one database once: a copy of it takes a fraction of the time that the migrations take. */
    private static final class Migrated {

        static final String DATABASE = migrated("test_" + JVM + "_migrated");

        private static String migrated(String name) {
            Flyway.configure()
                    .dataSource(created(name, "template1"), username(), password())
                    .load()
                    .migrate();
            return name;
        }
    }

    /** Starts the servers once, at this class's first use; the class loader sees to that. */
    private static final class Started {
        private static final SharedTestServers servers =
                SharedTestServers.start(directory(), MAX_CONNECTIONS, REDIS_DATABASES);

        /** Each of the JVMs that a build's tests run in has servers of its own. */
        private static Path directory() {
            return Path.of("target", "test-servers", System.getProperty("test.jvm", "jvm-1"));
        }
    }
}
