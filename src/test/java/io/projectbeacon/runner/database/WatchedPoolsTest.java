package io.projectbeacon.runner.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.projectbeacon.runner.support.TestServers;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

/** What the pool's connections rely on, and when the pool gives them up. */
class WatchedPoolsTest {

    private static final int CONNECTIONS = 2;

    private final String url = TestServers.newDatabase();
    private final HikariDataSource pool = new HikariDataSource();

    private JdbcTemplate connect() {
        pool.setJdbcUrl(url);
        pool.setMaximumPoolSize(CONNECTIONS);
        return new JdbcTemplate((HikariDataSource) new WatchedPools().postProcessAfterInitialization(pool, "pool"));
    }

    @AfterEach
    void stop() {
        pool.close();
    }

    @ParameterizedTest
    @CsvSource({
        "default_transaction_isolation, serializable, read committed",
        "client_min_messages, error, warning",
        "synchronous_commit, off, on",
        "synchronous_commit, local, on",
        "synchronous_commit, remote_apply, remote_apply"
    })
    void a_connection_has_what_the_service_relies_on_whatever_the_database_has_by_default(
            String setting, String byDefault, String expected) {
        TestServers.setDefault(url, setting, byDefault);
        assertThat(connect().queryForObject("SHOW " + setting, String.class)).isEqualTo(expected);
    }

    @Test
    void a_refused_write_gives_up_all_connections_to_the_server() {
        JdbcTemplate jdbc = connect();
        await().until(() -> sessions(jdbc).size() == CONNECTIONS);
        List<Integer> before = sessions(jdbc);
        assertThatThrownBy(() -> jdbc.execute(
                        "DO $$ BEGIN SET LOCAL transaction_read_only = on; CREATE TABLE refused (); END $$"))
                .isInstanceOf(DataAccessException.class);
        await().until(() -> Collections.disjoint(sessions(jdbc), before));
    }

    private static List<Integer> sessions(JdbcTemplate jdbc) {
        return jdbc.queryForList("SELECT pid FROM pg_stat_activity WHERE datname = current_database()", Integer.class);
    }
}
