package io.projectbeacon.runner.embedded;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data directory of the embedded PostgreSQL: complete, of the programs' major version, and with a password.
 *
 * @param directory where the data is
 * @param password of {@link PostgresServer#USER}
 */
record PostgresData(Path directory, String password) {

    private static final Logger log = LoggerFactory.getLogger(PostgresData.class);
    private static final Duration INIT_TIMEOUT = Duration.ofMinutes(2);
    private static final String UNFINISHED = "data.new-";

    /**
     * Opens the data below {@code runner}'s working directory, or creates it when there is none.
     *
     * @throws CannotStartException if the data is of another major version
     */
    static PostgresData openOrCreate(PostgresPrograms programs, ServerProgram runner) throws IOException {
        Path data = runner.workingDirectory().resolve("data");
        Path password = runner.workingDirectory().resolve("password");
        if (Files.exists(data)) {
            requireSameVersion(data, programs, runner);
        } else {
            create(data, password, programs, runner);
        }
        return new PostgresData(data, Files.readString(password).strip());
    }

    @Override
    public String toString() {
        return directory.toString();
    }

    private static void create(Path data, Path password, PostgresPrograms programs, ServerProgram runner)
            throws IOException {
        deleteUnfinished(runner.workingDirectory());
        log.info("Creating an embedded PostgreSQL in {}", data);
        ServerFiles.writeSecret(password, Secret.random(), runner.user());
        // A new name each time: the initdb of a process that was killed may still be writing to the old directory.
        Path unfinished = runner.user().own(Files.createTempDirectory(runner.workingDirectory(), UNFINISHED));
        runner.mustRun(
                List.of(
                        programs.path("initdb"),
                        "--pgdata=" + unfinished,
                        "--username=" + PostgresServer.USER,
                        "--pwfile=" + password,
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--locale=C",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8"),
                data.resolveSibling("initdb.log"),
                INIT_TIMEOUT);
        // Whatever interrupts initdb, a directory of the final name is complete.
        Files.move(unfinished, data, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void deleteUnfinished(Path home) throws IOException {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(home, UNFINISHED + "*")) {
            for (Path unfinished : found) {
                ServerFiles.delete(unfinished);
            }
        }
    }

    private static void requireSameVersion(Path data, PostgresPrograms programs, ServerProgram runner)
            throws IOException {
        Path output = data.resolveSibling("version.log");
        runner.mustRun(List.of(programs.path("postgres"), "--version"), output, Duration.ofSeconds(30));
        // "postgres (PostgreSQL) 18.6"; PG_VERSION holds the major version alone.
        String ours = ServerProgram.lastLine(output).replaceFirst(".* (\\d+)\\..*", "$1");
        String theirs = Files.readString(data.resolve("PG_VERSION")).strip();
        if (!ours.equals(theirs)) {
            throw new CannotStartException(
                    "%s holds data of PostgreSQL %s and the embedded one is %s; move that directory away to start empty, or set spring.datasource.url to a PostgreSQL %s that serves it."
                            .formatted(data, theirs, ours, theirs));
        }
    }
}
