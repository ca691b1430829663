package io.projectbeacon.runner.worker;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code beacon.lock}: the job locks in Redis.
 *
 * @param ttl how long a lock lasts after its last renewal; it is renewed at a third of this
 */
@ConfigurationProperties("beacon.lock")
record LockProperties(@DefaultValue("30s") Duration ttl) {

    LockProperties {
        if (ttl.toMillis() < 300) {
            throw new IllegalArgumentException("beacon.lock.ttl must be at least 300ms, but is " + ttl);
        }
    }

    Duration renewalInterval() {
        return ttl.dividedBy(3);
    }
}
