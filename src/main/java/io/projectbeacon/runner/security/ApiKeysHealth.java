package io.projectbeacon.runner.security;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Shows what is wrong with the file of keys. */
class ApiKeysHealth implements HealthIndicator {

    private final ApiKeys keys;

    ApiKeysHealth(ApiKeys keys) {
        this.keys = keys;
    }

    @Override
    public Health health() {
        return keys.fault()
                .map(fault ->
                        Health.status("DEGRADED").withDetail("file", fault).build())
                .orElseGet(() -> Health.up().build());
    }
}
