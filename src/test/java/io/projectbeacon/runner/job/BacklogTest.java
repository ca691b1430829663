package io.projectbeacon.runner.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.Race;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** The cost of the bound on queued cells to the clients that submit jobs. */
class BacklogTest {

    private final AtomicInteger connections = new AtomicInteger();

    private Backlog backlog(DataSource source, long bound) {
        DataSource counting = new DelegatingDataSource(source) {
            @Override
            public Connection getConnection() throws SQLException {
                connections.incrementAndGet();
                return super.getConnection();
            }
        };
        return new Backlog(JdbcClient.create(counting), new JobsProperties("?", Duration.ofMinutes(10), bound));
    }

    @Test
    void the_queue_is_summed_up_once_a_second_and_not_for_each_submission() {
        try (Database database = Database.fresh()) {
            Backlog backlog = backlog(database.pool(1), 1_000_000);
            long begin = System.nanoTime();
            for (int job = 0; job < 10_000; job++) {
                assertThat(backlog.reserve(1, List.of())).isTrue();
                backlog.stored(1);
            }
            long seconds = (System.nanoTime() - begin) / 1_000_000_000L;
            assertThat(connections.get()).isBetween(1, 1 + (int) seconds);
        }
    }

    @Test
    void many_that_submit_while_the_database_is_away_do_not_wait_for_it_one_after_the_other() throws Exception {
        int submissions = 40;
        HikariConfig nowhere = new HikariConfig();
        nowhere.setJdbcUrl("jdbc:postgresql://127.0.0.1:1/nowhere?user=nobody");
        nowhere.setConnectionTimeout(500);
        nowhere.setInitializationFailTimeout(-1);
        try (HikariDataSource pool = new HikariDataSource(nowhere);
                Race race = new Race(submissions)) {
            Backlog backlog = backlog(pool, 10);
            Callable<Boolean> submission = () -> {
                assertThatThrownBy(() -> backlog.reserve(1, List.of())).isInstanceOf(DataAccessException.class);
                return true;
            };
            race.run(Collections.nCopies(submissions, submission));
            assertThat(connections.get()).isLessThan(submissions / 4);
        }
    }

    @Test
    void after_the_database_was_away_the_queue_is_summed_up_again() {
        try (Database database = Database.fresh()) {
            database.jdbc().sql("ALTER TABLE jobs RENAME TO away").update();
            Backlog backlog = backlog(database.pool(1), 10);
            assertThatThrownBy(() -> backlog.reserve(1, List.of())).isInstanceOf(DataAccessException.class);
            database.jdbc().sql("ALTER TABLE away RENAME TO jobs").update();
            assertThat(backlog.reserve(10, List.of())).isTrue();
            assertThat(backlog.reserve(1, List.of()))
                    .as("what is being stored counts")
                    .isFalse();
            backlog.notStored(10);
            assertThat(backlog.reserve(1, List.of())).isTrue();
        }
    }
}
