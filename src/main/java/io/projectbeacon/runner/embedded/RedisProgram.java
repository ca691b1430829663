package io.projectbeacon.runner.embedded;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import redis.embedded.core.ExecutableProvider;

/** Redis's program, unpacked once from the Maven artifact. */
final class RedisProgram {

    private RedisProgram() {}

    /** Unpacks the program below {@code directory} unless it is unpacked already, and returns its path. */
    static Path unpack(Path directory) throws IOException {
        Path unpacked = Files.createTempDirectory(Files.createDirectories(directory), "redis.unpacking-");
        try {
            File found =
                    ExecutableProvider.newJarResourceProvider(unpacked.toFile()).get();
            Path program = directory.resolve("redis-server-" + Fingerprint.of(Files.readAllBytes(found.toPath())));
            if (!Files.exists(program)) {
                ServerFiles.allow(found.toPath(), "rwxr-xr-x");
                Files.move(found.toPath(), program, StandardCopyOption.ATOMIC_MOVE);
            }
            return program;
        } finally {
            ServerFiles.delete(unpacked);
        }
    }
}
