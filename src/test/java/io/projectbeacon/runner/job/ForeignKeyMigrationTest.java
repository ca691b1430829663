package io.projectbeacon.runner.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** The migration that takes the foreign key of executions away, beside replicas of the version before that work on. */
class ForeignKeyMigrationTest {

    /** What a claim does, short: it locks the job's row, and inserts the cell. */
    private static final String CLAIM = """
            WITH owned AS MATERIALIZED (SELECT id FROM jobs WHERE jobspec_id = 'job-%d' FOR SHARE)
            INSERT INTO executions (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at)
            SELECT id, 'eu-west', '%s', 'running', 1, 'running', 1, gen_random_uuid(), 'r', now(), now() FROM owned
            """;

    private final String url = TestServers.newEmptyDatabase();
    private final JdbcClient jdbc = JdbcClient.create(new DriverManagerDataSource(url));

    private FluentConfiguration flyway() {
        return Flyway.configure().dataSource(url, null, null);
    }

    private long count(String sql) {
        return jdbc.sql(sql).query(Long.class).single();
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void claims_go_on_while_it_waits_for_a_long_transaction_and_cells_go_with_their_jobs_before_and_after()
            throws Exception {
        flyway().target("18?").load().migrate();
        CellsOfDeletedJobsTest.filled(jdbc, 10);
        deletedByTheVersionBefore(1);
        CompletableFuture<Void> migration;
        try (Connection holder = DriverManager.getConnection(url);
                Connection other = DriverManager.getConnection(url)) {
            holder.setAutoCommit(false);
            execute(holder, CLAIM.formatted(2, "held"));
            migration = CompletableFuture.runAsync(() -> flyway().load().migrate());
            await().until(() -> migration.isDone() || count("""
                    SELECT count(*) FROM pg_locks
                    WHERE relation = 'jobs'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted
                    """) == 1);
            execute(other, "SET statement_timeout = '5s'");
            for (int n = 0; n < 20; n++) {
                String claim = CLAIM.formatted(3, "model-" + n);
                assertThatCode(() -> execute(other, claim))
                        .as("a claim while the migration waits")
                        .doesNotThrowAnyException();
            }
            assertThat(migration).isNotDone();
            holder.commit();
        }
        assertThat(migration).succeedsWithin(Duration.ofMinutes(1));
        assertThat(count("SELECT count(*) FROM executions")).isEqualTo(9 * 5 + 1 + 20);
        deletedByTheVersionBefore(2);
        deletedByTheVersionBefore(3);
        assertThat(count("SELECT count(*) FROM executions")).isEqualTo(7 * 5);
    }

    private void deletedByTheVersionBefore(int job) {
        assertThat(jdbc.sql(CellsOfDeletedJobsTest.RETENTION_BEFORE)
                        .params(
                                new Long[] {count("SELECT id FROM jobs WHERE jobspec_id = 'job-%d'".formatted(job))},
                                3600.0)
                        .query(String.class)
                        .list())
                .containsExactly("job-" + job);
    }

    @Test
    void in_a_schema_that_the_client_has_not_on_its_path_the_cells_of_that_schema_go() throws SQLException {
        flyway().load().migrate();
        flyway().schemas("Other One").load().migrate();
        try (Connection connection = DriverManager.getConnection(url)) {
            for (String schema : new String[] {"public", "Other One"}) {
                execute(connection, "SET search_path = \"%s\"".formatted(schema));
                CellsOfDeletedJobsTest.filled(JdbcClient.create(new SingleConnectionDataSource(connection, true)), 2);
            }
            execute(connection, "SET search_path = public");
            execute(connection, "DELETE FROM \"Other One\".jobs WHERE jobspec_id = 'job-1'");
            execute(connection, "SET search_path = ''");
            execute(connection, "DELETE FROM \"Other One\".jobs WHERE jobspec_id = 'job-2'");
        }
        assertThat(count("SELECT count(*) FROM \"Other One\".executions")).isZero();
        assertThat(count("SELECT count(*) FROM public.executions")).isEqualTo(10);
    }
}
