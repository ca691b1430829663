package io.projectbeacon.runner.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;
import redis.embedded.core.ExecutableProvider;
import redis.embedded.model.OsArchitecture;

/** Redis's program, unpacked once from the Maven artifact. */
final class RedisProgram {

    /** What the artifact's program for Apple silicon is linked with. */
    static final Path OPENSSL = Path.of("/opt/homebrew/opt/openssl@3/lib/libssl.3.dylib");

    private RedisProgram() {}

    /** Unpacks the program below {@code directory} unless it is unpacked already, and returns its path. */
    static Path unpack(Path directory) throws IOException {
        Machine machine = Machine.current();
        requireRunnable(machine, OPENSSL);
        return unpack(directory, machine);
    }

    /** As {@link #unpack(Path)}, for this kind of machine. */
    static Path unpack(Path directory, Machine machine) throws IOException {
        byte[] content = content(machine);
        Path program = Files.createDirectories(directory).resolve("redis-server-" + Fingerprint.of(content));
        if (!Files.exists(program)) {
            Path unfinished = Files.createTempFile(directory, "redis.unpacking-", "");
            try {
                Files.write(unfinished, content);
                ServerFiles.allow(unfinished, "rwxr-xr-x");
                Files.move(unfinished, program, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(unfinished);
            }
        }
        return program;
    }

    /**
     * Requires that the artifact's program runs on this kind of machine.
     *
     * @param openSsl where OpenSSL is on Apple silicon
     * @throws CannotStartException if it does not
     */
    static void requireRunnable(Machine machine, Path openSsl) {
        if (machine.isWindows()) {
            throw new CannotStartException(
                    "There is no embedded Redis for Windows (the artifact's is version 5.0, and does not run in the background); set spring.data.redis.url to a Redis of your own, or start the service in WSL.");
        }
        if (machine.system().equals("Darwin") && machine.isArm() && !Files.exists(openSsl)) {
            throw new CannotStartException(
                    "The embedded Redis needs OpenSSL 3 on Apple silicon, and %s is missing; brew install openssl@3, or set spring.data.redis.url to a Redis of your own."
                            .formatted(openSsl));
        }
    }

    private static byte[] content(Machine machine) throws IOException {
        @Nullable OsArchitecture kind = kind(machine);
        @Nullable
        String name = kind == null
                ? null
                : ExecutableProvider.newProvidedVersionsMap().get(kind);
        try (@Nullable InputStream found = name == null ? null : ExecutableProvider.class.getResourceAsStream(name)) {
            if (found == null) {
                throw new CannotStartException(
                        "There is no embedded Redis for %s; set spring.data.redis.url to a Redis of your own."
                                .formatted(machine));
            }
            return found.readAllBytes();
        }
    }

    private static @Nullable OsArchitecture kind(Machine machine) {
        return switch (machine.system() + "-" + machine.architecture()) {
            case "Linux-x86_64" -> OsArchitecture.UNIX_x86_64;
            case "Linux-arm_64" -> OsArchitecture.UNIX_AARCH64;
            case "Darwin-x86_64" -> OsArchitecture.MAC_OS_X_x86_64;
            case "Darwin-arm_64" -> OsArchitecture.MAC_OS_X_ARM64;
            default -> null;
        };
    }
}
