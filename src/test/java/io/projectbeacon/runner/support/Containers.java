package io.projectbeacon.runner.support;

import com.redis.testcontainers.RedisContainer;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** The servers that the Compose file runs, as containers that are not started yet. */
public final class Containers {

    public static final String POSTGRES = "postgres:18-alpine";
    public static final String REDIS = "redis:8-alpine";

    /** More than a test class has tests, so that each can have a logical database of its own. */
    private static final int REDIS_DATABASES = 256;

    private Containers() {}

    public static PostgreSQLContainer postgres() {
        return new PostgreSQLContainer(POSTGRES);
    }

    public static RedisContainer redis() {
        return new RedisContainer(REDIS).withCommand("redis-server", "--databases", String.valueOf(REDIS_DATABASES));
    }
}
