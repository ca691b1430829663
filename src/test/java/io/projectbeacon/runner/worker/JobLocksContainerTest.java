package io.projectbeacon.runner.worker;

import com.redis.testcontainers.RedisContainer;
import io.projectbeacon.runner.support.Containers;
import io.projectbeacon.runner.support.NeedsDocker;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

@NeedsDocker(Containers.REDIS)
class JobLocksContainerTest extends JobLocksContract {

    private static final RedisContainer REDIS = Containers.redis();
    private static final AtomicInteger nextDatabase = new AtomicInteger();

    // JUnit makes an instance for each test, so each test has a database of its own.
    private final int database = nextDatabase.incrementAndGet();

    @BeforeAll
    static void start() {
        REDIS.start();
    }

    @AfterAll
    static void stop() {
        REDIS.stop();
    }

    @Override
    LettuceConnectionFactory redis() {
        return standalone("redis://%s:%d/%d".formatted(REDIS.getRedisHost(), REDIS.getRedisPort(), database));
    }
}
