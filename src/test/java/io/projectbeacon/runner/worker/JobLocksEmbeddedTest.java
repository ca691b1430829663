package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.support.TestServers;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

class JobLocksEmbeddedTest extends JobLocksContract {

    private final String url = TestServers.newRedisUrl();

    @Override
    LettuceConnectionFactory redis() {
        return standalone(url);
    }
}
