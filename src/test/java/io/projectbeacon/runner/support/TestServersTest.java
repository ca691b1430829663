package io.projectbeacon.runner.support;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestServersTest {

    @Test
    void eachDatabaseIsAFreshOne() throws SQLException {
        String first = TestServers.newDatabase();
        try (Connection connection = DriverManager.getConnection(first);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE mine (id int)");
        }

        assertThat(ask(TestServers.newDatabase(), "SELECT to_regclass('mine')")).isNull();
        assertThat(ask(first, "SELECT to_regclass('mine')")).isEqualTo("mine");
    }

    @ParameterizedTest
    @CsvSource({
        "fsync, on",
        "synchronous_commit, on",
        "full_page_writes, on",
        "max_connections, 500",
        "server_encoding, UTF8",
        "log_timezone, UTC",
        "listen_addresses, 127.0.0.1",
        "unix_socket_directories, ''"
    })
    void postgresKeepsWhatItWasTold(String setting, String value) throws SQLException {
        assertThat(ask(TestServers.newDatabase(), "SHOW " + setting)).isEqualTo(value);
    }

    @Test
    void eachRedisDatabaseIsAFreshOne() {
        try (RedisClient first = RedisClient.create(TestServers.newRedisUrl());
                RedisClient second = RedisClient.create(TestServers.newRedisUrl());
                StatefulRedisConnection<String, String> one = first.connect();
                StatefulRedisConnection<String, String> two = second.connect()) {
            one.sync().set("key", "value");

            assertThat(two.sync().get("key")).isNull();
            assertThat(one.sync().get("key")).isEqualTo("value");
        }
    }

    private static String ask(String url, String question) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(question)) {
            answer.next();
            return answer.getString(1);
        }
    }
}
