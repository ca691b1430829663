package io.projectbeacon.runner.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.BeaconRunner;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The command {@code migrate}: what it does to the tables, what it says of it, and what it needs. */
@ExtendWith(OutputCaptureExtension.class)
public class MigrateTest {

    /** What the command takes of PostgreSQL's connections; the manifests for Kubernetes count with it. */
    public static final int CONNECTIONS = 3;

    private static final String DONE = "The tables are as this version wants them: ";

    private final String database = TestServers.newEmptyDatabase();
    private final String place = database.replaceFirst("\\?.*", "");
    private final String role = "role_" + place.replaceFirst(".*/", "");

    private void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private long count(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private String[] asRole() {
        return new String[] {
            "--spring.datasource.url=" + place, "--spring.datasource.username=" + role, "--spring.datasource.password=x"
        };
    }

    private static void migrate(String... settings) {
        Migrate.run(
                Stream.concat(Stream.of(Migrate.COMMAND), Stream.of(settings)).toArray(String[]::new));
    }

    @Test
    void it_needs_three_connections_of_a_role_that_may_create_tables_and_does_nothing_the_second_time(
            CapturedOutput output) throws SQLException {
        execute("CREATE ROLE %s LOGIN PASSWORD 'x' CONNECTION LIMIT %d".formatted(role, CONNECTIONS));
        execute("GRANT USAGE, CREATE ON SCHEMA public TO " + role);

        migrate(asRole());

        long migrations = count("SELECT count(*) FROM flyway_schema_history");
        assertThat(output).contains("Migrating the database's tables: V1__", DONE + migrations + " migration(s)");
        migrate(asRole());
        assertThat(output).contains("Migrations to be made in %s: 0".formatted(place), DONE + "0 migration(s)");
    }

    @Test
    void the_service_of_a_role_that_may_only_read_and_write_starts_after_it() throws SQLException {
        migrate("--spring.datasource.url=" + database);
        execute("CREATE ROLE %s LOGIN PASSWORD 'x'".formatted(role));
        execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + role);
        execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO " + role);

        try (RunnerApp service =
                RunnerApp.start("%s?user=%s&password=x".formatted(place, role), TestServers.newRedisUrl(), List.of())) {
            service.submit("{\"id\": \"j\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}");
            assertThat(service.ended("j").path("status").asString()).isEqualTo("completed");
        }
    }

    @Test
    void an_older_version_leaves_newer_tables_as_they_are(CapturedOutput output) throws SQLException {
        migrate("--spring.datasource.url=" + database);
        execute("""
                INSERT INTO flyway_schema_history
                SELECT installed_rank + 1, '999', 'of a newer version', type, 'V999__of_a_newer_version.sql', 1, installed_by,
                  installed_on, 1, true
                FROM flyway_schema_history ORDER BY installed_rank DESC LIMIT 1
                """);

        migrate("--spring.datasource.url=" + database);

        assertThat(output).contains(DONE + "0 migration(s)").doesNotContain("ERROR");
    }

    @Test
    void of_two_at_once_one_migrates_and_the_other_waits_for_it(CapturedOutput output, @TempDir Path folder)
            throws Exception {
        Files.writeString(folder.resolve("V1000__long.sql"), "SELECT pg_advisory_xact_lock(4711);");
        String[] settings = {
            "--spring.datasource.url=" + database,
            "--spring.flyway.locations=classpath:db/migration,filesystem:" + folder
        };
        List<CompletableFuture<Void>> both = new ArrayList<>();
        Executor each = task -> Thread.ofPlatform().daemon().start(task);
        try (Connection connection = DriverManager.getConnection(database);
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(4711)");
            both.add(CompletableFuture.runAsync(() -> migrate(settings), each));
            await().until(() -> count("""
                    SELECT count(*) FROM pg_stat_activity
                    WHERE application_name = 'beacon-runner-migrate' AND datname = current_database()
                      AND wait_event_type = 'Lock'
                    """) == 1);
            both.add(CompletableFuture.runAsync(() -> migrate(settings), each));
            await().until(() -> output.getOut().split("If another process is making them", -1).length == 3);
            assertThat(output).doesNotContain(DONE);
        }
        assertThat(both).allSatisfy(one -> assertThat(one).succeedsWithin(Duration.ofMinutes(1)));
        assertThat(output).contains(DONE + "0 migration(s)").containsPattern(DONE + "[1-9]\\d* migration");
    }

    @Test
    void it_refuses_a_database_that_nobody_has_named(CapturedOutput output) {
        assertThatThrownBy(() -> migrate()).isInstanceOf(CannotStartException.class);

        FailedStart.assertOneSentence(
                output, "There is no database to migrate; set spring.datasource.url (SPRING_DATASOURCE_URL).");
    }

    @Test
    void the_jar_ends_with_zero_when_the_tables_are_migrated_and_with_one_when_not(@TempDir Path folder)
            throws Exception {
        assertThat(exitCode(folder, "--spring.datasource.url=" + database)).isZero();
        assertThat(exitCode(folder)).isEqualTo(1);
        assertThat(folder).as("nothing is left, no embedded database above all").isEmptyDirectory();
    }

    private static int exitCode(Path folder, String... settings) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                BeaconRunner.class.getName(),
                Migrate.COMMAND));
        command.addAll(List.of(settings));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        new String(process.getInputStream().readAllBytes(), UTF_8);
        return process.waitFor();
    }
}
