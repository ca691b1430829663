package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.support.TestServers;

class JobLocksEmbeddedTest extends JobLocksContract {

    private final String url = TestServers.newRedisUrl();

    @Override
    String redisUrl() {
        return url;
    }
}
