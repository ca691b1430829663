package io.projectbeacon.runner.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** PostgreSQL and Redis in a temporary directory of their own, which goes with them. */
public final class TemporaryServers implements AutoCloseable {

    private static final int MAX_CONNECTIONS = 60;
    private static final int REDIS_DATABASES = 1;

    private final DirectoryLock lock;
    private final PostgresServer postgres;
    private final RedisServer redis;

    private TemporaryServers(DirectoryLock lock, PostgresServer postgres, RedisServer redis) {
        this.lock = lock;
        this.postgres = postgres;
        this.redis = redis;
    }

    /**
     * Starts both.
     *
     * @throws RuntimeException whose message says in one sentence why they do not start
     */
    public static TemporaryServers start() throws IOException {
        EmbeddedArtifacts.require();
        Path directory = Files.createTempDirectory("beacon-demo-");
        // The servers of root run as another user, who has to get to what is its own in there.
        ServerFiles.allow(directory, "rwx--x--x");
        DirectoryLock lock = DirectoryLock.acquire(directory);
        PostgresServer postgres = null;
        try {
            postgres = PostgresServer.start(lock.directory(), MAX_CONNECTIONS);
            return new TemporaryServers(lock, postgres, RedisServer.start(lock.directory(), REDIS_DATABASES));
        } catch (CannotStartException e) {
            if (postgres != null) {
                postgres.close();
            }
            delete(lock);
            throw e;
        }
    }

    /** Where they are; further files may be put there. */
    public Path directory() {
        return lock.directory();
    }

    public String jdbcUrl() {
        return postgres.jdbcUrl(PostgresServer.DATABASE);
    }

    public String username() {
        return PostgresServer.USER;
    }

    public String password() {
        return postgres.password();
    }

    /** The URL of Redis, with its password. */
    public String redisUrl() {
        return redis.url();
    }

    @Override
    public void close() throws IOException {
        redis.close();
        postgres.close();
        delete(lock);
    }

    private static void delete(DirectoryLock lock) throws IOException {
        lock.close();
        ServerFiles.delete(lock.directory());
    }
}
