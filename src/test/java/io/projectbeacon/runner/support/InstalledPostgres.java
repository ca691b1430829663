package io.projectbeacon.runner.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A PostgreSQL of its own from the machine's packages, with the client programs of the same version: pg_dump reads no
 * server that is newer than itself, and the embedded PostgreSQL brings none.
 */
public final class InstalledPostgres implements AutoCloseable {

    private static final Path DEBIAN = Path.of("/usr/lib/postgresql");
    private static final int NOBODY = 65534;

    private final Path programs;
    private final Path home;
    private final int port;

    private InstalledPostgres(Path programs, Path home, int port) {
        this.programs = programs;
        this.home = home;
        this.port = port;
    }

    /** Starts a server, or skips the test where PostgreSQL is not installed. */
    public static InstalledPostgres start() throws IOException, InterruptedException, ExecutionException {
        Path programs = programs();
        Path home = newHome();
        InstalledPostgres postgres = new InstalledPostgres(programs, home, Ports.free());
        String data = home.resolve("data").toString();
        postgres.run("initdb", "-U", "beacon", "-A", "trust", "--no-sync", "-D", data);
        postgres.run(
                "pg_ctl", "-D", data, "-w", "-l", home.resolve("log").toString(), "-o", postgres.options(), "start");
        return postgres;
    }

    /** A directory that the servers may write. */
    static Path newHome() throws IOException {
        Path home = Files.createTempDirectory("beacon-postgres-");
        if (isRoot()) {
            Files.setAttribute(home, "unix:uid", NOBODY);
            Files.setAttribute(home, "unix:gid", NOBODY);
        }
        return home;
    }

    private String options() {
        return "-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories='%s'".formatted(port, home);
    }

    static Path programs() throws IOException {
        if (!Files.isDirectory(DEBIAN)) {
            return skipped();
        }
        try (Stream<Path> versions = Files.list(DEBIAN)) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
                    .filter(bin -> Files.isExecutable(bin.resolve("pg_dump")))
                    .max(Comparator.naturalOrder())
                    .orElseGet(InstalledPostgres::skipped);
        }
    }

    private static Path skipped() {
        Assumptions.abort("no PostgreSQL below " + DEBIAN + ": this check is skipped (apt-get install postgresql)");
        return DEBIAN;
    }

    public String newDatabase(String name) throws IOException, InterruptedException, ExecutionException {
        client("createdb", name);
        return "jdbc:postgresql://127.0.0.1:%d/%s?user=beacon".formatted(port, name);
    }

    /** Runs a client program as {@code beacon} on this server; throws if the program fails. */
    public void client(String program, String... arguments)
            throws IOException, InterruptedException, ExecutionException {
        List<String> all = new ArrayList<>(
                List.of(program, "-h", "127.0.0.1", "-p", Integer.toString(port), "-U", "beacon", "-w"));
        all.addAll(List.of(arguments));
        run(all.toArray(String[]::new));
    }

    /** A file that both this process and the programs may write. */
    public Path file(String name) {
        return home.resolve(name);
    }

    private void run(String... command) throws IOException, InterruptedException {
        run(programs, home, command);
    }

    /** Runs a program of PostgreSQL, as a user that it accepts; throws if the program fails. */
    static void run(Path programs, Path home, String... command) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>();
        if (isRoot()) { // PostgreSQL refuses to run as root.
            line.addAll(List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--"));
        }
        line.add(programs.resolve(command[0]).toString());
        line.addAll(List.of(command).subList(1, command.length));
        Path output = Files.createTempFile("beacon-postgres-", ".out");
        // Output goes into a file: the server inherits it, and a pipe would never end.
        int code = new ProcessBuilder(line)
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start()
                .waitFor();
        if (code != 0) {
            throw new IllegalStateException(line + " ended with " + code + ": " + Files.readString(output));
        }
    }

    private static boolean isRoot() throws IOException {
        return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    }

    @Override
    public void close() throws Exception {
        run("pg_ctl", "-D", home.resolve("data").toString(), "-m", "immediate", "stop");
    }
}
