package io.projectbeacon.runner.worker;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** Without a Redis that sets locks submissions are accepted and running jobs finish; no job is started. That is not down. */
@Component("redisHealthIndicator")
class RedisHealth implements HealthIndicator {

    private final RedisWatch watch;

    RedisHealth(RedisWatch watch) {
        this.watch = watch;
    }

    @Override
    public Health health() {
        RedisWatch.Look look = watch.last();
        return look.up()
                ? Health.up().build()
                : Health.status("DEGRADED")
                        .withDetail("reason", look.reason())
                        .withDetail("consequence", "jobs are accepted, and start when Redis sets locks again")
                        .build();
    }
}
