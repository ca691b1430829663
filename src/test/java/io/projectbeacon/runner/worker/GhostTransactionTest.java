package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.projectbeacon.runner.support.RunnerApp;
import java.sql.Connection;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The row locks of a host that vanishes within a transaction must not last until TCP gives the connection up. */
class GhostTransactionTest {

    private static final String LOCK = "SELECT FROM jobs WHERE jobspec_id = 'j' FOR UPDATE";

    @Test
    void the_rows_of_a_transaction_that_nobody_goes_on_with_are_free_again_after_ten_seconds() throws Exception {
        try (RunnerApp app = RunnerApp.fresh("--beacon.inference.simulated.latency=0ms")) {
            app.submit("{\"id\": \"j\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}");
            app.ended("j");
            DataSource connections = app.bean(DataSource.class);
            try (Connection other = connections.getConnection()) {
                Connection ghost = connections.getConnection();
                ghost.setAutoCommit(false);
                ghost.createStatement().execute(LOCK);
                long begin = System.nanoTime();
                other.createStatement().execute(LOCK); // It waits for the ghost; the driver times out after 30 s.
                assertThat(Duration.ofNanos(System.nanoTime() - begin))
                        .isBetween(Duration.ofSeconds(8), Duration.ofSeconds(20));
                assertThatThrownBy(ghost::close).hasMessageContaining("idle-in-transaction timeout");
            }
            assertThat(app.jdbc()
                            .sql("SHOW tcp_keepalives_idle")
                            .query(String.class)
                            .single())
                    .isEqualTo("15");
        }
    }
}
