package io.projectbeacon.runner.ui;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.health.registry.HealthContributorRegistry;

/**
 * What {@code /actuator/health} knows of a server.
 *
 * @param status {@code up}, {@code degraded} or {@code down}
 * @param details for operators, as there; empty for others
 */
record ServerLine(String name, String status, String consequence, Map<String, String> details) {

    static ServerLine of(HealthContributorRegistry registry, String contributor, Words words, boolean withDetails) {
        Health health = registry.getContributor(contributor) instanceof HealthIndicator indicator
                ? indicator.health(true)
                : null;
        boolean isUp = health != null && health.getStatus().equals(Status.UP);
        Map<String, String> details = new TreeMap<>();
        if (withDetails && health != null) {
            health.getDetails().forEach((key, value) -> details.put(key, String.valueOf(value)));
        }
        return new ServerLine(words.name(), status(health), isUp ? words.up() : words.otherwise(), details);
    }

    private static String status(@Nullable Health health) {
        return health == null ? "not known" : health.getStatus().getCode().toLowerCase(Locale.ROOT);
    }

    /** What it is called, and what follows from its state. */
    record Words(String name, String up, String otherwise) {}

    public boolean isUp() {
        return status.equals("up");
    }
}
