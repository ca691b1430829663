package io.projectbeacon.runner.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Opens this room's Redis program to tests that run several of it, as sentinels or as a cluster. */
public final class RedisBinary {

    private RedisBinary() {}

    /** The program's path; the first call unpacks it below {@code target/}. */
    public static Path path() {
        try {
            return RedisProgram.unpack(Path.of("target", "redis-binary").toAbsolutePath());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
