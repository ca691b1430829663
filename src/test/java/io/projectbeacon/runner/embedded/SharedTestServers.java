package io.projectbeacon.runner.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Opens this room's package-private servers to the fixture of all rooms' tests. */
public final class SharedTestServers {

    private static final int KEPT_DATABASES = 100;

    private final PostgresServer postgres;
    private final RedisServer redis;

    private SharedTestServers(PostgresServer postgres, RedisServer redis) {
        this.postgres = postgres;
        this.redis = redis;
    }

    /** Starts both servers below {@code directory}; what an earlier JVM left there is stopped first. */
    public static SharedTestServers start(Path directory, int maxConnections, int redisDatabases) {
        DirectoryLock lock = DirectoryLock.acquire(directory);
        PostgresServer postgres = PostgresServer.start(lock.directory(), maxConnections);
        RedisServer redis = RedisServer.start(lock.directory(), redisDatabases);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
            redis.close();
            postgres.close();
            startEmptyNextTime(lock.directory().resolve("postgres").resolve("data"));
            lock.close();
        }));
        return new SharedTestServers(postgres, redis);
    }

    public String jdbcUrl(String database) {
        return postgres.jdbcUrl(database);
    }

    public String username() {
        return PostgresServer.USER;
    }

    public String password() {
        return postgres.password();
    }

    public String redisUrl() {
        return redis.url();
    }

    /** Of a whole run's databases each takes some 10 MB, and none is used again. */
    private static void startEmptyNextTime(Path data) {
        try (Stream<Path> databases = Files.list(data.resolve("base"))) {
            if (databases.count() > KEPT_DATABASES) {
                ServerFiles.delete(data);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
