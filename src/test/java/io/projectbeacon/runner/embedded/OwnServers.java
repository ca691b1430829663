package io.projectbeacon.runner.embedded;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A PostgreSQL and a Redis of a test's own, which can be killed and started again on the same port. */
public final class OwnServers implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final DirectoryLock lock;
    private final PostgresServer postgres;
    private final RedisServer redis;
    private final PostgresPrograms postgresPrograms;
    private final Path redisProgram;
    private final ServerProgram postgresHome;
    private final ServerProgram redisHome;

    private OwnServers(DirectoryLock lock, int maxConnections) throws IOException {
        Path directory = lock.directory();
        this.lock = lock;
        this.postgres = PostgresServer.start(directory, maxConnections);
        this.redis = RedisServer.start(directory, 16);
        this.postgresPrograms = PostgresPrograms.unpack(directory.resolve("bin"));
        this.redisProgram = RedisProgram.unpack(directory.resolve("bin"));
        ServerUser user = ServerUser.of(directory);
        this.postgresHome = new ServerProgram(user, directory.resolve("postgres"));
        this.redisHome = new ServerProgram(user, directory.resolve("redis"));
    }

    /** Starts both on the directory's data; servers that an earlier process left running there are stopped first. */
    public static OwnServers start(Path directory, int maxConnections) throws IOException {
        return new OwnServers(DirectoryLock.acquire(Files.createDirectories(directory)), maxConnections);
    }

    /** The URL of a database, with user and password in it. */
    public String jdbcUrl(String database) {
        return "%s?user=%s&password=%s".formatted(postgres.jdbcUrl(database), PostgresServer.USER, postgres.password());
    }

    public String redisUrl() {
        return redis.url();
    }

    /** @param mode {@code fast} as an administrator does it, or {@code immediate}: as if the machine had crashed */
    public void stopPostgres(String mode) {
        control("stop", "--mode=" + mode);
    }

    /** Starts it again with the same options, on the same port, crash recovery included. */
    public void startPostgres() {
        // Only pg_ctl restart reuses the options of the start before; it also starts a server that is not running.
        control("restart", "--log=" + postgresHome.workingDirectory().resolve("postgres.log"));
    }

    public void killRedis() throws IOException {
        redisProcess().orElseThrow().destroyForcibly();
        await().atMost(LIMIT).until(() -> redisProcess().isEmpty());
    }

    /** Starts it again, empty, on the same port. The program ends before the server has written its PID file. */
    public void startRedis() {
        redisHome.mustRun(
                List.of(redisProgram.toString(), redisFile("redis.conf").toString()),
                redisHome.workingDirectory().resolve("start.log"),
                LIMIT);
        await().atMost(LIMIT).until(() -> redisProcess().isPresent());
    }

    /** Sends a Redis command, and returns the first line of what it answers. */
    public String redis(String command) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(Loopback.ADDRESS, redis.port()), 2_000);
            socket.setSoTimeout(5_000);
            socket.getOutputStream()
                    .write("AUTH %s\r\n%s\r\n"
                            .formatted(redis.password(), command)
                            .getBytes(US_ASCII));
            var answers = new java.io.BufferedReader(new java.io.InputStreamReader(socket.getInputStream(), US_ASCII));
            answers.readLine();
            return String.valueOf(answers.readLine());
        }
    }

    private Optional<ProcessHandle> redisProcess() throws IOException {
        return Leftover.find(redisFile("redis.pid"), redisFile("redis.conf"), redisProgram);
    }

    private Path redisFile(String name) {
        return redisHome.workingDirectory().resolve(name);
    }

    private void control(String what, String option) {
        postgresHome.mustRun(
                List.of(
                        postgresPrograms.path("pg_ctl"),
                        what,
                        "--wait",
                        "--silent",
                        "--timeout=" + LIMIT.toSeconds(),
                        "--pgdata=" + postgresHome.workingDirectory().resolve("data"),
                        option),
                postgresHome.workingDirectory().resolve("pg_ctl.log"),
                LIMIT.plusSeconds(10));
    }

    @Override
    public void close() {
        redis.close();
        postgres.close();
        lock.close();
    }
}
