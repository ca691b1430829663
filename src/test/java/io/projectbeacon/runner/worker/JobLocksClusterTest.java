package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.support.RedisCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** The locks of many jobs lie in different hash slots, and so on different nodes. */
class JobLocksClusterTest extends JobLocksContract {

    private static RedisCluster cluster;

    @BeforeAll
    static void start() {
        cluster = RedisCluster.start();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @BeforeEach
    void empty() {
        cluster.empty();
    }

    @Override
    LettuceConnectionFactory redis() {
        return new LettuceConnectionFactory(new RedisClusterConfiguration(cluster.addresses()));
    }
}
