package io.projectbeacon.runner.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.projectbeacon.runner.support.Link;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** With the service's own settings, a server that has gone silent holds up neither a borrower nor the next host. */
class SilentServerTest {

    private String url;
    private RunnerApp app;
    private HikariDataSource pool;

    @BeforeEach
    void start() {
        url = TestServers.newDatabase();
        app = RunnerApp.start(url, List.of());
        pool = app.bean(HikariDataSource.class);
    }

    @AfterEach
    void stop() {
        app.close();
    }

    /** HikariCP documents this rule and does not check it: its default of five seconds is longer than a borrower waits here. */
    @Test
    void a_connection_that_lay_idle_is_given_up_while_its_borrower_still_waits() {
        assertThat(pool.getValidationTimeout()).isLessThan(pool.getConnectionTimeout());
    }

    @Test
    void a_silent_host_is_left_for_the_next_and_one_that_was_a_standby_is_asked_again() throws Exception {
        try (Link host = Link.to(Link.portOf(url));
                Link silent = Link.to(Link.portOf(url));
                Link silentToo = Link.to(Link.portOf(url))) {
            silent.freeze();
            silentToo.freeze();
            TestServers.setDefault(url, "default_transaction_read_only", "on");
            assertThatThrownBy(() -> connect(host)).hasMessageContaining("primary");
            TestServers.setDefault(url, "default_transaction_read_only", "off");

            long asked = System.nanoTime();
            assertThatThrownBy(() -> connect(host, silent)).hasMessageContaining("attempt failed");
            assertThat(since(asked)).isLessThan(Duration.ofSeconds(4));

            connect(host, silentToo);
        }
    }

    private void connect(Link... hosts) throws SQLException {
        StringBuilder list = new StringBuilder();
        for (Link host : hosts) {
            list.append(list.isEmpty() ? "" : ",").append("127.0.0.1:").append(host.port());
        }
        Properties settings = new Properties();
        settings.putAll(pool.getDataSourceProperties());
        settings.put("targetServerType", "primary");
        String several = url.replaceFirst("//[^/]+/", "//" + list + "/");
        try (Connection connection = DriverManager.getConnection(several, settings);
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT 1");
        }
    }

    private static Duration since(long instant) {
        return Duration.ofNanos(System.nanoTime() - instant);
    }
}
