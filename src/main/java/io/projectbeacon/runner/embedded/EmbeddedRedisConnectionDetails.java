package io.projectbeacon.runner.embedded;

import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;

/** How the Redis client reaches the embedded Redis. */
record EmbeddedRedisConnectionDetails(RedisServer server) implements DataRedisConnectionDetails {

    @Override
    public String getPassword() {
        return server.password();
    }

    @Override
    public Standalone getStandalone() {
        return Standalone.of(Loopback.ADDRESS, server.port());
    }
}
