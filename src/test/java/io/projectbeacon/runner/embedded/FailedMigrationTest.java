package io.projectbeacon.runner.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What a person sees when the tables cannot be made, changed or written: one sentence that says what to do. */
@ExtendWith(OutputCaptureExtension.class)
class FailedMigrationTest {

    private final String database = TestServers.newEmptyDatabase();
    private final String place = database.replaceFirst("\\?.*", "");
    private final String name = place.replaceFirst(".*/", "");
    private final String role = "role_" + name;

    @Test
    void a_role_that_may_not_create_tables(CapturedOutput output) throws SQLException {
        createRole();

        start(asRole());

        FailedStart.assertOneSentence(
                output,
                "The database's tables could not be migrated (ERROR: permission denied for schema public); let the role of"
                        + " spring.datasource.username own the tables, and GRANT it USAGE and CREATE on their schema.");
    }

    @Test
    void a_role_that_may_only_read_the_tables(CapturedOutput output) throws SQLException {
        migrate();
        createRole();
        execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role);

        start(asRole());

        FailedStart.assertOneSentence(
                output,
                "The role %s may not write the table closed_regions of the database at %s; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO it, or name the tables' owner in spring.datasource.username."
                        .formatted(role, place));
    }

    @Test
    void a_role_whose_transactions_only_read(CapturedOutput output) throws SQLException {
        createRole();
        execute("ALTER ROLE %s SET default_transaction_read_only = on".formatted(role));

        start(asRole());

        FailedStart.assertOneSentence(
                output,
                "The database at %s only reads for the role %s; set default_transaction_read_only to off"
                        .formatted(place, role));
    }

    @Test
    void a_database_that_does_not_exist(CapturedOutput output) {
        start("--spring.datasource.url=" + database.replace(name, "nowhere"));

        FailedStart.assertOneSentence(
                output,
                "cannot be used (FATAL: database \"nowhere\" does not exist); create it (CREATE DATABASE), or correct spring.datasource.url.");
    }

    @Test
    void a_wrong_password(CapturedOutput output) {
        start("--spring.datasource.url=" + place + "?user=nobody&password=secret");

        FailedStart.assertOneSentence(
                output,
                "The database at %s cannot be used (FATAL: password authentication failed for user \"nobody\"); correct spring.datasource.username and spring.datasource.password."
                        .formatted(place));
        assertThat(output).doesNotContain("secret");
    }

    @Test
    void tables_of_somebody_else(CapturedOutput output) throws SQLException {
        execute("CREATE TABLE invoices (id bigint)");

        start("--spring.datasource.url=" + database);

        FailedStart.assertOneSentence(
                output,
                "The database holds tables that are not this service's (Found non-empty schema(s) \"public\" but no schema history table.); set spring.datasource.url to a database of its own.");
    }

    @Test
    void a_migration_that_was_changed_afterwards(CapturedOutput output) throws SQLException {
        migrate();
        execute("UPDATE flyway_schema_history SET checksum = 1 WHERE version = '2'");

        start("--spring.datasource.url=" + database);

        FailedStart.assertOneSentence(
                output,
                "The database's tables were migrated by other files than this build has (Migration checksum mismatch for migration version 2); start the build that migrated them, or set spring.datasource.url to another database.");
    }

    @Test
    void a_migration_with_a_mistake(CapturedOutput output, @TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("V1000__mistake.sql"), "CREATE TABEL mistake (id bigint);");

        start(
                "--spring.datasource.url=" + database,
                "--spring.flyway.locations=classpath:db/migration,filesystem:" + folder);

        FailedStart.assertOneSentence(
                output,
                "The database's tables could not be migrated (V1000__mistake.sql: ERROR: syntax error at or near \"TABEL\"); nothing was changed, since each migration is one transaction: mend what it says, then start again.");
    }

    @Test
    void a_table_that_another_session_holds(CapturedOutput output, @TempDir Path folder) throws Exception {
        migrate();
        Files.writeString(folder.resolve("V1000__wait.sql"), """
                SET lock_timeout = '200ms';
                ALTER TABLE jobs ADD COLUMN waited boolean;
                """);
        try (Connection other = DriverManager.getConnection(database);
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE jobs IN ACCESS SHARE MODE");

            start(
                    "--spring.datasource.url=" + database,
                    "--spring.flyway.locations=classpath:db/migration,filesystem:" + folder);
        }

        FailedStart.assertOneSentence(
                output,
                "(V1000__wait.sql: ERROR: canceling statement due to lock timeout); another session holds the tables, or the role's time-out is too short: look at pg_stat_activity, then start again.");
    }

    @Test
    void another_replica_that_does_not_end_its_migration(CapturedOutput output) throws Exception {
        migrate();
        try (Connection other = DriverManager.getConnection(database);
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE flyway_schema_history IN ACCESS EXCLUSIVE MODE");

            start("--spring.datasource.url=" + database + "&socketTimeout=2");
        }

        FailedStart.assertOneSentence(output, "The database's tables could not be migrated (");
    }

    @Test
    void a_migration_may_take_longer_than_a_statement_and_than_a_transaction_may_be_idle(@TempDir Path folder)
            throws Exception {
        Files.writeString(folder.resolve("V1000__long.sql"), "SELECT pg_sleep(2);");
        try (RunnerApp app = RunnerApp.start(
                database,
                TestServers.newRedisUrl(),
                List.of(
                        "--spring.datasource.hikari.connection-init-sql=SET idle_in_transaction_session_timeout = '1s'",
                        "--spring.datasource.hikari.data-source-properties.socketTimeout=1",
                        "--spring.flyway.locations=classpath:db/migration,filesystem:" + folder))) {
            assertThat(app.jdbc()
                            .sql("SELECT success FROM flyway_schema_history WHERE version = '1000'")
                            .query(Boolean.class)
                            .single())
                    .isTrue();
        }
    }

    private void start(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "--server.port=0";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        FailedStart.run(all);
    }

    private String asRole() {
        return "--spring.datasource.url=%s?user=%s&password=secret".formatted(place, role);
    }

    private void migrate() {
        RunnerApp.start(database, TestServers.newRedisUrl(), List.of("--beacon.worker.enabled=false"))
                .close();
    }

    private void createRole() throws SQLException {
        execute("CREATE ROLE %s LOGIN PASSWORD 'secret'".formatted(role));
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
