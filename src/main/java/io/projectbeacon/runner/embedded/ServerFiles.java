package io.projectbeacon.runner.embedded;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** File operations for the servers' directories: permissions, deletion, secrets. */
final class ServerFiles {

    private ServerFiles() {}

    /** Sets {@code rwxr-xr-x}-style permissions where the file system has them, whatever the umask. */
    static void allow(Path path, String permissions) throws IOException {
        if (Files.getFileStore(path).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        }
    }

    /** Deletes a directory with all that is in it; does nothing if it does not exist. */
    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Writes a file that only {@code user} (and root) can read. */
    static Path writeSecret(Path file, String content, ServerUser user) throws IOException {
        Files.deleteIfExists(file);
        Files.createFile(file);
        allow(file, "rw-------");
        Files.writeString(file, content);
        return user.own(file);
    }
}
