package io.projectbeacon.runner.support;

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
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.springframework.util.FileSystemUtils;

/**
 * A primary and its synchronous standby, from the machine's packages. The standby can be cut off from the primary; the
 * primary can be killed or frozen; then the standby is promoted, and the old primary comes back as its standby.
 */
public final class PostgresPair implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(60);

    /** One server. Its data is new each time that it becomes a standby. */
    private final class Node {

        private final int port = Ports.free();
        private Path data = home.resolve("none");
        private long postmaster;

        Node() throws IOException {}

        String url(String database) {
            return "jdbc:postgresql://127.0.0.1:%d/%s?user=beacon".formatted(port, database);
        }

        void start() throws IOException, InterruptedException {
            run("pg_ctl", "-D", data.toString(), "-w", "-l", data + ".log", "-o", options(), "start");
            postmaster = Long.parseLong(
                    Files.readAllLines(data.resolve("postmaster.pid")).getFirst());
        }

        private String options() {
            return "-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories='%s'".formatted(port, home);
        }

        void copyFrom(int primary) throws IOException, InterruptedException {
            data = home.resolve("data-" + ++copies);
            String at = Integer.toString(primary);
            run(
                    "pg_basebackup",
                    "-h",
                    "127.0.0.1",
                    "-p",
                    at,
                    "-U",
                    "beacon",
                    "-R",
                    "-c",
                    "fast",
                    "-D",
                    data.toString());
            // The backup has the settings of its origin, which waits for a standby.
            Files.writeString(
                    data.resolve("postgresql.auto.conf"),
                    "primary_conninfo = 'host=127.0.0.1 port=%s user=beacon'%nwal_receiver_timeout = 2s%n"
                            .formatted(at));
        }

        void signal(String name) throws IOException, InterruptedException {
            try (Stream<ProcessHandle> children =
                    ProcessHandle.of(postmaster).stream().flatMap(ProcessHandle::children)) {
                List<String> line = new java.util.ArrayList<>(List.of("kill", "-" + name, Long.toString(postmaster)));
                children.forEach(child -> line.add(Long.toString(child.pid())));
                new ProcessBuilder(line)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor(); // A child may have ended meanwhile.
            }
        }

        void kill() throws IOException, InterruptedException {
            signal("KILL");
            long gone = postmaster;
            Awaitility.await().atMost(START).until(() -> ProcessHandle.of(gone).isEmpty());
        }
    }

    private final Path programs;
    private final Path home;
    private final Link replication;
    private int copies;
    private Node primary;
    private Node standby;

    private PostgresPair() throws IOException, InterruptedException {
        programs = InstalledPostgres.programs();
        home = InstalledPostgres.newHome();
        primary = new Node();
        standby = new Node();
        primary.data = home.resolve("data-0");
        run("initdb", "-U", "beacon", "-A", "trust", "--no-sync", "-D", primary.data.toString());
        primary.start();
        replication = Link.to(primary.port);
        follow();
    }

    /** Starts both, or skips the test where PostgreSQL is not installed. */
    public static PostgresPair start() throws IOException, InterruptedException {
        return new PostgresPair();
    }

    public int primaryPort() {
        return primary.port;
    }

    /** The port of the present standby, or of the one that has been lost. */
    public int standbyPort() {
        return standby.port;
    }

    public String newDatabase(String name) throws SQLException {
        ask("CREATE DATABASE " + name);
        return primary.url(name);
    }

    public String url(String database) {
        return primary.url(database);
    }

    /** The standby does not hear from the primary any more; the primary waits for it with each commit. */
    public void cutStandbyOff() {
        replication.cut();
    }

    public void reconnectStandby() {
        replication.mend();
    }

    /** {@code kill -9}: connections break. */
    public void killPrimary() throws IOException, InterruptedException {
        primary.kill();
    }

    /** {@code kill -STOP}: connections stay open and nothing comes back. */
    public void freezePrimary() throws IOException, InterruptedException {
        primary.signal("STOP");
    }

    /** Promotes the standby: it is the primary from now on, and waits for no standby. */
    public void promote() throws IOException, InterruptedException {
        run("pg_ctl", "-D", standby.data.toString(), "-w", "promote");
        Node promoted = standby;
        standby = primary;
        primary = promoted;
    }

    /** The old primary, killed if it was frozen, comes back as a synchronous standby of the present primary. */
    public void rejoin() throws IOException, InterruptedException {
        if (ProcessHandle.of(standby.postmaster).isPresent()) {
            standby.kill();
        }
        replication.leadTo(primary.port);
        replication.mend();
        follow();
    }

    private void follow() throws IOException, InterruptedException {
        standby.copyFrom(replication.port());
        standby.start();
        Awaitility.await().atMost(START).until(() -> ask("SELECT count(*) FROM pg_stat_replication"), "1"::equals);
        try {
            ask("ALTER SYSTEM SET synchronous_standby_names = '*'");
            ask("SELECT pg_reload_conf()");
            Awaitility.await()
                    .atMost(START)
                    .until(() -> ask("SELECT sync_state FROM pg_stat_replication"), "sync"::equals);
        } catch (SQLException e) {
            throw new IOException(e);
        }
    }

    private String ask(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(primary.url("postgres"));
                Statement statement = connection.createStatement()) {
            if (!statement.execute(sql)) {
                return "";
            }
            ResultSet row = statement.getResultSet();
            return row.next() ? String.valueOf(row.getString(1)) : "";
        }
    }

    private void run(String... command) throws IOException, InterruptedException {
        InstalledPostgres.run(programs, home, command);
    }

    @Override
    public void close() throws IOException, InterruptedException {
        for (Node node : List.of(primary, standby)) {
            if (node.postmaster != 0 && ProcessHandle.of(node.postmaster).isPresent()) {
                node.kill();
            }
        }
        replication.close();
        FileSystemUtils.deleteRecursively(home);
    }
}
