package io.projectbeacon.runner.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded servers in a directory of their own, across the death of the process that started them. */
class EmbeddedServersTest {

    // The jars that the servers need, without Spring; copied for a user who cannot read this user's Maven repository.
    private static final Pattern NEEDED = Pattern.compile(
            ".*/(embedded-(postgres|redis).*|commons-.*|xz-.*|slf4j-api-.*|logback-.*|postgresql-.*)\\.jar");

    @TempDir
    private static Path unpackedOnce;

    @TempDir
    private Path root;

    private Path directory;

    @BeforeEach
    void openToAll() throws IOException {
        ServerFiles.allow(root, "rwxr-xr-x");
        ServerFiles.allow(unpackedOnce, "rwxr-xr-x");
        directory = Files.createDirectory(root.resolve("servers"));
        Files.createSymbolicLink(directory.resolve("bin"), unpackedOnce);
    }

    /** Takes a directory without the servers' programs, which the other tests share: they are unpacked anew. */
    private void useFreshDirectory() {
        directory = root.resolve("fresh");
    }

    @AfterEach
    void leaveNothingRunning() throws IOException {
        if (Files.exists(directory.resolve("postgres/data/PG_VERSION"))) {
            try (DirectoryLock lock = DirectoryLock.acquire(directory)) {
                RedisServer.start(lock.directory(), 1).close();
                startPostgres(lock).close();
            }
        }
    }

    @Test
    void dataSurvivesTheKillOfTheProcessAndItsServersAreStopped() throws Exception {
        long postgres;
        long redis;
        try (SpawnedServers killed = SpawnedServers.start(directory, "kept")) {
            assertThat(killed.ready()).as(killed.output()).isTrue();
            postgres = SpawnedServers.pidIn(directory.resolve("postgres/data/postmaster.pid"));
            redis = SpawnedServers.pidIn(directory.resolve("redis/redis.pid"));
        }
        assertThat(serverIsAlive(postgres) && serverIsAlive(redis))
                .as("the servers outlive the process that started them")
                .isTrue();

        try (DirectoryLock lock = DirectoryLock.acquire(directory);
                PostgresServer fresh = startPostgres(lock);
                RedisServer ignored = RedisServer.start(lock.directory(), 1)) {
            assertThat(written(fresh)).containsExactly("kept");
            await().until(() -> !serverIsAlive(postgres) && !serverIsAlive(redis));
        }
    }

    @Test
    void dataSurvivesTheKillOfPostgresItself() throws Exception {
        try (SpawnedServers killed = SpawnedServers.start(directory, "kept")) {
            assertThat(killed.ready()).as(killed.output()).isTrue();
            long postgres = SpawnedServers.pidIn(directory.resolve("postgres/data/postmaster.pid"));
            ProcessHandle.of(postgres).orElseThrow().destroyForcibly();
        }

        try (DirectoryLock lock = DirectoryLock.acquire(directory);
                PostgresServer fresh = startPostgres(lock)) {
            assertThat(written(fresh)).containsExactly("kept");
            assertThat(directory.resolve("postgres/postgres.log"))
                    .content()
                    .contains("database system was not properly shut down");
        }
    }

    @Test
    void aProcessThatTookOverAnOldProcessIdIsLeftAlone() throws Exception {
        try (DirectoryLock lock = DirectoryLock.acquire(directory)) {
            startPostgres(lock).close();
            Process stranger = new ProcessBuilder("tail", "-f", "/dev/null").start();
            try {
                Files.writeString(
                        directory.resolve("postgres/data/postmaster.pid"), stranger.pid() + "\n" + directory + "\n");
                Files.createDirectories(directory.resolve("redis"));
                Files.writeString(directory.resolve("redis/redis.pid"), stranger.pid() + "\n");

                RedisServer.start(lock.directory(), 1).close();
                startPostgres(lock).close();

                assertThat(stranger.isAlive()).isTrue();
            } finally {
                stranger.destroyForcibly();
            }
        }
    }

    @Test
    void aSecondProcessOnTheDirectoryIsRefusedAndTheFirstOneGoesOn() throws Exception {
        try (SpawnedServers first = SpawnedServers.start(directory, "first")) {
            assertThat(first.ready()).as(first.output()).isTrue();

            assertThatThrownBy(() -> DirectoryLock.acquire(directory))
                    .hasMessage(
                            "%s is in use by process %d; stop it or set beacon.embedded.directory to another directory.",
                            directory, first.pid());
            assertThat(serverIsAlive(SpawnedServers.pidIn(directory.resolve("postgres/data/postmaster.pid"))))
                    .isTrue();
        }
    }

    @Test
    void dataOfAnotherMajorVersionIsRefusedAndLeftAsItIs() throws IOException {
        Path data = Files.createDirectories(directory.resolve("postgres/data"));
        Files.writeString(data.resolve("PG_VERSION"), "17\n");

        try (DirectoryLock lock = DirectoryLock.acquire(directory)) {
            assertThatThrownBy(() -> startPostgres(lock))
                    .isInstanceOf(CannotStartException.class)
                    .hasMessage(
                            "%s holds data of PostgreSQL 17 and the embedded one is 18; move that directory away to start empty, or set spring.datasource.url to a PostgreSQL 17 that serves it.",
                            data);
        } finally {
            assertThat(data.resolve("PG_VERSION")).hasContent("17");
            ServerFiles.delete(data);
        }
    }

    @Test
    void anUnfinishedInitialisationIsThrownAway() throws IOException {
        Path unfinished = Files.createDirectories(directory.resolve("postgres/data.new-1"));
        Files.writeString(unfinished.resolve("PG_VERSION"), "18\n");

        try (DirectoryLock lock = DirectoryLock.acquire(directory);
                PostgresServer ignored = startPostgres(lock)) {
            assertThat(unfinished).doesNotExist();
            assertThat(directory.resolve("postgres/data")).isDirectory();
        }
    }

    @Test
    void aNormalUserRunsTheServersAsHimself() throws Exception {
        assumeThat(isRoot()).as("the other tests do this already").isTrue();
        useFreshDirectory();
        ServerUser nobody = new ServerUser(List.of("setpriv"), 65534, 65534);
        nobody.own(Files.createDirectory(directory));
        List<String> asNobody = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--");

        try (SpawnedServers spawned = SpawnedServers.start(asNobody, readableClassPath(), directory, "normal")) {
            assertThat(spawned.ready()).as(spawned.output()).isTrue();
            assertThat(Files.getAttribute(directory.resolve("postgres/data"), "unix:uid"))
                    .isEqualTo(65534);
        }
    }

    @Test
    void rootMayHaveTheDirectoryWhereNobodyElseGets() throws IOException, SQLException {
        assumeThat(isRoot()).as("only root starts PostgreSQL as somebody else").isTrue();
        useFreshDirectory();
        ServerFiles.allow(root, "rwx------");

        try (DirectoryLock lock = DirectoryLock.acquire(directory);
                PostgresServer postgres = startPostgres(lock)) {
            assertThat(written(postgres)).isEmpty();
        }
    }

    private static PostgresServer startPostgres(DirectoryLock lock) {
        return PostgresServer.start(lock.directory(), 20);
    }

    private static List<String> written(PostgresServer postgres) throws SQLException {
        try (Connection connection = DriverManager.getConnection(
                        postgres.jdbcUrl(PostgresServer.DATABASE), PostgresServer.USER, postgres.password());
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS written (value text)");
            List<String> values = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery("SELECT value FROM written")) {
                while (rows.next()) {
                    values.add(rows.getString(1));
                }
            }
            return values;
        }
    }

    /** A process that has ended and that its parent has not reaped keeps its id and loses its arguments. */
    private static boolean serverIsAlive(long pid) {
        return ProcessHandle.of(pid)
                .filter(process -> process.info().arguments().isPresent())
                .isPresent();
    }

    private static boolean isRoot() throws IOException {
        Path self = Path.of("/proc/self");
        return Files.exists(self) && Files.getAttribute(self, "unix:uid").equals(0);
    }

    private String readableClassPath() throws IOException {
        Path libraries = Files.createDirectory(
                root.resolve("libraries"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (Files.isDirectory(path)) {
                entries.add(copyClasses(path, libraries).toString());
            } else if (NEEDED.matcher(entry).matches()) {
                entries.add(copy(path, libraries.resolve(path.getFileName())).toString());
            }
        }
        return String.join(File.pathSeparator, entries);
    }

    private static Path copyClasses(Path classes, Path libraries) throws IOException {
        Path target = libraries.resolve(classes.getFileName());
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.toList()) {
                copy(file, target.resolve(classes.relativize(file).toString()));
            }
        }
        return target;
    }

    private static Path copy(Path from, Path to) throws IOException {
        Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
        ServerFiles.allow(to, "rwxr-xr-x");
        return to;
    }
}
