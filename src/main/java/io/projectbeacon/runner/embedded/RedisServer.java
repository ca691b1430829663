package io.projectbeacon.runner.embedded;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An embedded Redis without persistence: its locks, shared slots and wake-up messages may be lost. It makes itself a
 * daemon, and so leaves the terminal's process group, for the same reason as {@link PostgresServer}.
 */
final class RedisServer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RedisServer.class);
    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(10);
    private static final int PORT_TRIES = 5;

    private final Path program;
    private final ServerProgram runner;
    private final String password = Secret.random();
    private int port;

    private RedisServer(Path program, ServerProgram runner) {
        this.program = program;
        this.runner = runner;
    }

    /**
     * Starts the server, empty. A server that a killed process left behind is stopped first.
     *
     * @param directory the directory that this process has locked
     * @param databases how many logical databases it has
     * @throws CannotStartException if the server does not start
     */
    static RedisServer start(Path directory, int databases) {
        try {
            ServerUser user = ServerUser.of(directory);
            Path home = user.own(Files.createDirectories(directory.resolve("redis")));
            RedisServer server =
                    new RedisServer(RedisProgram.unpack(directory.resolve("bin")), new ServerProgram(user, home));
            server.stopLeftover();
            server.launch(databases);
            return server;
        } catch (IOException e) {
            throw new CannotStartException(
                    "The embedded Redis cannot use %s (%s); give it to this user, or set beacon.embedded.directory to another directory."
                            .formatted(directory, e),
                    e);
        }
    }

    int port() {
        return port;
    }

    String password() {
        return password;
    }

    /** The URL of this server, password included. */
    String url() {
        return "redis://:" + password + "@" + Loopback.ADDRESS + ":" + port;
    }

    @Override
    public void close() {
        log.info("Stopping the embedded Redis");
        try {
            Optional<ProcessHandle> redis = running();
            if (redis.isPresent()) {
                stop(redis.get());
            }
        } catch (IOException e) {
            log.error("The embedded Redis in {} was not stopped: {}", runner.workingDirectory(), e.toString());
        }
    }

    private void stopLeftover() throws IOException {
        Optional<ProcessHandle> leftover = running();
        if (leftover.isPresent()) {
            log.warn(
                    "A Redis that an earlier process left in {} is stopped, then started anew",
                    runner.workingDirectory());
            stop(leftover.get());
        }
        Files.deleteIfExists(pidFile());
    }

    private void launch(int databases) throws IOException {
        for (int attempt = 1; ; attempt++) {
            Files.deleteIfExists(serverLog());
            port = Loopback.freePort();
            ServerFiles.writeSecret(settingsFile(), settings(databases), runner.user());
            runner.mustRun(
                    List.of(program.toString(), settingsFile().toString()),
                    runner.workingDirectory().resolve("start.log"),
                    START_TIMEOUT);
            if (answers()) {
                return;
            }
            // Another process may have taken the port between the probe and the start.
            if (attempt == PORT_TRIES || !portWasTaken()) {
                throw new CannotStartException(
                        "The embedded Redis did not start (%s); see %s, or set spring.data.redis.url to a Redis of your own."
                                .formatted(ServerProgram.lastLine(serverLog()), serverLog()));
            }
        }
    }

    private String settings(int databases) {
        // A process title would replace the arguments by which a later start recognises the process.
        return """
                bind %s
                port %d
                requirepass %s
                databases %d
                daemonize yes
                pidfile "%s"
                logfile "%s"
                dir "%s"
                appendonly no
                save ""
                set-proc-title no
                """.formatted(
                        Loopback.ADDRESS, port, password, databases, pidFile(), serverLog(), runner.workingDirectory());
    }

    private boolean answers() {
        long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
        while (System.nanoTime() < deadline) {
            if (ping()) {
                return true;
            }
            if (portWasTaken()) {
                return false;
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        return false;
    }

    private boolean portWasTaken() {
        return ServerProgram.text(serverLog()).contains("Address already in use");
    }

    /** Whether the server at the port is ours: only ours accepts this password. */
    private boolean ping() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(Loopback.ADDRESS, port), 1_000);
            socket.setSoTimeout(1_000);
            socket.getOutputStream().write(("AUTH " + password + "\r\n").getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readNBytes(3), StandardCharsets.US_ASCII).equals("+OK");
        } catch (IOException e) {
            return false;
        }
    }

    private Optional<ProcessHandle> running() throws IOException {
        return Leftover.find(pidFile(), settingsFile(), program);
    }

    private void stop(ProcessHandle redis) throws IOException {
        redis.destroy();
        long deadline = System.nanoTime() + STOP_TIMEOUT.toNanos();
        // Not ProcessHandle.onExit: where no init reaps orphans, as in many containers, a dead process counts as alive.
        while (running().isPresent()) {
            if (System.nanoTime() > deadline) {
                redis.destroyForcibly();
                return;
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private Path settingsFile() {
        return runner.workingDirectory().resolve("redis.conf");
    }

    private Path pidFile() {
        return runner.workingDirectory().resolve("redis.pid");
    }

    private Path serverLog() {
        return runner.workingDirectory().resolve("redis.log");
    }
}
