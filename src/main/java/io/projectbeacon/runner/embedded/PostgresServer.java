package io.projectbeacon.runner.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An embedded PostgreSQL whose commits survive a crash: fsync and synchronous commit are on. It runs in a session of
 * its own (pg_ctl sees to that), so that Ctrl-C in a terminal reaches only the service, which can still drain.
 */
final class PostgresServer implements AutoCloseable {

    static final String USER = "beacon";
    static final String DATABASE = "beacon";

    private static final Logger log = LoggerFactory.getLogger(PostgresServer.class);
    // A start may include crash recovery.
    private static final Duration START_TIMEOUT = Duration.ofMinutes(5);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
    private static final int PORT_TRIES = 5;

    private final PostgresPrograms programs;
    private final ServerProgram runner;
    private final PostgresData data;
    private int port;

    private PostgresServer(PostgresPrograms programs, ServerProgram runner, PostgresData data) {
        this.programs = programs;
        this.runner = runner;
        this.data = data;
    }

    /**
     * Starts the server on the existing data, or on new data when there is none. A server that a killed process left
     * behind is stopped first.
     *
     * @param directory the directory that this process has locked
     * @param maxConnections PostgreSQL's {@code max_connections}
     * @throws CannotStartException if the server does not start
     */
    static PostgresServer start(Path directory, int maxConnections) {
        try {
            ServerUser user = ServerUser.of(directory);
            Path home = user.own(Files.createDirectories(directory.resolve("postgres")));
            PostgresPrograms programs = PostgresPrograms.unpack(directory.resolve("bin"));
            ServerProgram runner = new ServerProgram(user, home);
            PostgresServer server = new PostgresServer(programs, runner, PostgresData.openOrCreate(programs, runner));
            server.stopLeftover();
            server.launch(maxConnections);
            server.createDatabase();
            return server;
        } catch (IOException e) {
            throw new CannotStartException(
                    "The embedded PostgreSQL cannot use %s (%s); give it to this user, or set beacon.embedded.directory to another directory."
                            .formatted(directory, e),
                    e);
        }
    }

    /** The URL of a database of this server, without user and password. */
    String jdbcUrl(String database) {
        return "jdbc:postgresql://" + Loopback.ADDRESS + ":" + port + "/" + database;
    }

    String password() {
        return data.password();
    }

    /** Stops the server in good order: open transactions are rolled back, committed data is on disk. */
    @Override
    public void close() {
        log.info("Stopping the embedded PostgreSQL");
        stop();
    }

    private void stopLeftover() throws IOException {
        Path pidFile = data.directory().resolve("postmaster.pid");
        if (Leftover.find(pidFile, data.directory(), Path.of(programs.path("postgres")))
                .isPresent()) {
            log.warn("A PostgreSQL that an earlier process left in {} is stopped, then started anew", data);
            stop();
        }
        // The pid may be another program's by now; PostgreSQL would take that for a server on this data and give up.
        Files.deleteIfExists(pidFile);
    }

    private void launch(int maxConnections) throws IOException {
        Path serverLog = runner.workingDirectory().resolve("postgres.log");
        for (int attempt = 1; ; attempt++) {
            Files.deleteIfExists(serverLog);
            port = Loopback.freePort();
            if (pgCtlStart(serverLog, maxConnections) == 0) {
                return;
            }
            // Another process may have taken the port between the probe and the start.
            if (attempt == PORT_TRIES || !ServerProgram.text(serverLog).contains("could not bind")) {
                throw new CannotStartException(
                        "The embedded PostgreSQL did not start (%s); see %s, or set spring.datasource.url to a PostgreSQL of your own."
                                .formatted(ServerProgram.lastLine(controlLog()), serverLog));
            }
        }
    }

    private int pgCtlStart(Path serverLog, int maxConnections) {
        String settings = String.join(
                " ",
                "-p " + port,
                "-c listen_addresses=" + Loopback.ADDRESS,
                // Windows has none by default, and would take the quotes for a name.
                Machine.current().isWindows() ? "" : "-c unix_socket_directories=''",
                "-c max_connections=" + maxConnections,
                "-c fsync=on",
                "-c full_page_writes=on",
                "-c synchronous_commit=on",
                "-c timezone=UTC",
                "-c log_timezone=UTC");
        return runner.run(
                List.of(
                        programs.path("pg_ctl"),
                        "start",
                        "--wait",
                        "--silent",
                        "--timeout=" + START_TIMEOUT.toSeconds(),
                        "--pgdata=" + data.directory(),
                        "--log=" + serverLog,
                        "--options=" + settings),
                controlLog(),
                START_TIMEOUT.plusSeconds(10));
    }

    private void stop() {
        if (pgCtlStop("fast") != 0) {
            // A client kept its connection. Recovery at the next start makes up for the missing checkpoint.
            int code = pgCtlStop("immediate");
            if (code != 0) {
                log.error("The embedded PostgreSQL in {} does not stop; see {}", data, controlLog());
            }
        }
    }

    private int pgCtlStop(String mode) {
        return runner.run(
                List.of(
                        programs.path("pg_ctl"),
                        "stop",
                        "--wait",
                        "--silent",
                        "--timeout=" + STOP_TIMEOUT.toSeconds(),
                        "--mode=" + mode,
                        "--pgdata=" + data.directory()),
                controlLog(),
                STOP_TIMEOUT.plusSeconds(10));
    }

    private void createDatabase() {
        try (Connection connection = DriverManager.getConnection(jdbcUrl("postgres"), USER, password());
                Statement statement = connection.createStatement()) {
            if (!exists(statement)) {
                statement.execute("CREATE DATABASE " + DATABASE);
            }
        } catch (SQLException e) {
            stop();
            throw new CannotStartException(
                    "The embedded PostgreSQL in %s refuses its own user (%s); move that directory away to start empty, or set spring.datasource.url to a PostgreSQL of your own."
                            .formatted(data, e.getMessage()),
                    e);
        }
    }

    private static boolean exists(Statement statement) throws SQLException {
        try (ResultSet found = statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + DATABASE + "'")) {
            return found.next();
        }
    }

    private Path controlLog() {
        return runner.workingDirectory().resolve("pg_ctl.log");
    }
}
