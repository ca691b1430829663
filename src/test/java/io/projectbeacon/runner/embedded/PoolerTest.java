package io.projectbeacon.runner.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.projectbeacon.runner.support.PgBouncer;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The service behind a real PgBouncer: with the settings of the documentation, and without them. */
@ExtendWith(OutputCaptureExtension.class)
class PoolerTest {

    private static final String TRANSACTION = "pool_mode = transaction";

    private final String database = TestServers.newDatabase();

    @Test
    void in_transaction_mode_without_prepareThreshold_the_start_says_what_to_set(CapturedOutput output)
            throws Exception {
        try (PgBouncer pooler = PgBouncer.start(TRANSACTION)) {
            FailedStart.run("--server.port=0", "--spring.datasource.url=" + pooler.through(database));
            FailedStart.assertOneSentence(
                    output,
                    "is behind a pooler that gives each transaction another session (such as PgBouncer with pool_mode ="
                            + " transaction), so prepared statements get lost; add prepareThreshold=0 to"
                            + " spring.datasource.url.");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"server_round_robin = 0", "server_round_robin = 1", "default_pool_size = 1", "min_pool_size = 5"
            })
    void it_is_found_out_however_the_pooler_hands_out_its_sessions(String setting) throws Exception {
        try (PgBouncer pooler = PgBouncer.start(TRANSACTION, setting)) {
            for (int start = 0; start < 3; start++) {
                assertThatThrownBy(() -> check(pooler.through(database), Map.of()))
                        .isInstanceOf(CannotStartException.class)
                        .hasMessageContaining("prepareThreshold=0");
            }
        }
    }

    @Test
    void in_transaction_mode_with_prepareThreshold_0_jobs_run_as_ever() throws Exception {
        String models = IntStream.range(0, 40).mapToObj(n -> "\"m" + n + "\"").collect(Collectors.joining(","));
        try (PgBouncer pooler = PgBouncer.start(TRANSACTION, "default_pool_size = 4");
                RunnerApp app = RunnerApp.start(
                        pooler.through(database, "prepareThreshold=0"),
                        TestServers.newRedisUrl(),
                        List.of("--beacon.inference.simulated.latency=10ms..50ms"))) {
            for (int job = 0; job < 10; job++) {
                assertThat(app.submit("{\"id\": \"job-%d\", \"models\": [%s], \"regions\": [\"us-east\", \"eu-west\"]}"
                                        .formatted(job, models))
                                .status())
                        .isEqualTo(202);
            }
            for (int job = 0; job < 10; job++) {
                assertThat(app.ended("job-" + job).path("status").asString()).isEqualTo("completed");
            }
            assertThat(app.metric("beacon_execution_claims_failed_total")).isZero();
            assertThat(app.jdbc()
                            .sql("SELECT count(*) FROM executions WHERE status = 'completed' AND attempt = 1")
                            .query(Long.class)
                            .single())
                    .isEqualTo(10 * 40 * 2);
        }
    }

    @Test
    void the_pools_own_settings_of_the_driver_count_too() throws Exception {
        try (PgBouncer pooler = PgBouncer.start(TRANSACTION)) {
            assertThatCode(() -> check(pooler.through(database), Map.of("prepareThreshold", "0")))
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void in_session_mode_nothing_needs_to_be_set_at_the_driver() throws Exception {
        try (PgBouncer pooler = PgBouncer.start("pool_mode = session")) {
            assertThatCode(() -> check(pooler.through(database), Map.of())).doesNotThrowAnyException();
        }
    }

    @Test
    void a_pooler_without_transactions_is_told_to_have_them() throws Exception {
        try (PgBouncer pooler = PgBouncer.start("pool_mode = statement")) {
            assertThatThrownBy(() -> check(pooler.through(database), Map.of()))
                    .hasMessageContaining("set pool_mode = transaction in pgbouncer.ini.");
        }
    }

    private static void check(String url, Map<String, String> driverSettings) {
        new DatabaseCheck(new Details(url), driverSettings, DatabaseCheck.OLDEST).customize(new FluentConfiguration());
    }

    private record Details(String getJdbcUrl) implements JdbcConnectionDetails {
        @Override
        public String getUsername() {
            return TestServers.username();
        }

        @Override
        public String getPassword() {
            return TestServers.password();
        }
    }
}
