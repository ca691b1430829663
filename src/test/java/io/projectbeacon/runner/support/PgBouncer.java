package io.projectbeacon.runner.support;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.springframework.util.FileSystemUtils;

/** A PgBouncer of its own before the shared test PostgreSQL. */
public final class PgBouncer implements AutoCloseable {

    private static final int NOBODY = 65534;
    private static final String HOST = "127.0.0.1";

    private final Path home;
    private final Process process;
    private final int port;

    private PgBouncer(Path home, Process process, int port) {
        this.home = home;
        this.process = process;
        this.port = port;
    }

    /**
     * Starts one, or skips the test where PgBouncer is not installed.
     *
     * @param settings lines of pgbouncer.ini
     */
    public static PgBouncer start(String... settings) throws IOException {
        Tools.assumeInstalled("pgbouncer");
        Path home = Files.createTempDirectory("beacon-pgbouncer-");
        int port = Ports.free();
        URI server = URI.create(TestServers.adminUrl().substring("jdbc:".length()));
        Path users = home.resolve("users.txt");
        Files.writeString(users, "\"%s\" \"%s\"\n".formatted(TestServers.username(), TestServers.password()));
        Path ini = home.resolve("pgbouncer.ini");
        Files.writeString(
                ini, """
                [databases]
                * = host=%s port=%d
                [pgbouncer]
                listen_addr = %s
                listen_port = %d
                unix_socket_dir =
                auth_type = scram-sha-256
                auth_file = %s
                %s
                """.formatted(server.getHost(), server.getPort(), HOST, port, users, String.join("\n", settings)));
        List<String> command = new ArrayList<>();
        if ((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0) { // PgBouncer refuses to run as root.
            for (Path file : List.of(home, users, ini)) {
                Files.setAttribute(file, "unix:uid", NOBODY);
            }
            command.addAll(List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--"));
        }
        command.addAll(List.of("pgbouncer", "-q", ini.toString()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("log").toFile())
                .start();
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> listens(process, port));
        return new PgBouncer(home, process, port);
    }

    /** The URL by which a database of the test server is reached through this pooler, with further parameters. */
    public String through(String databaseUrl, String... parameters) {
        return databaseUrl.replaceFirst("//[^/]+/", "//" + HOST + ":" + port + "/")
                + (parameters.length == 0 ? "" : "&" + String.join("&", parameters));
    }

    private static boolean listens(Process process, int port) {
        if (!process.isAlive()) {
            throw new IllegalStateException("pgbouncer ended with " + process.exitValue());
        }
        try (Socket probe = new Socket(HOST, port)) {
            return probe.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        FileSystemUtils.deleteRecursively(home);
    }
}
