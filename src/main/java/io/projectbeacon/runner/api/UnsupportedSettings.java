package io.projectbeacon.runner.api;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * Settings that the contract names and that this version does not have yet. A setting that silently does nothing is
 * worse than none: one that is meant to protect stops the start, another one is warned about.
 */
@Component
class UnsupportedSettings {

    private static final Logger log = LoggerFactory.getLogger(UnsupportedSettings.class);
    private static final String PROTECTING = "beacon.security.api-keys";
    private static final List<String> WITHOUT_EFFECT =
            List.of("beacon.jobs.max-queued-cells", "beacon.retention.finished-jobs");

    UnsupportedSettings(Environment environment) {
        Binder binder = Binder.get(environment);
        if (binder.bind(PROTECTING, Bindable.listOf(String.class)).isBound()
                || binder.bind(PROTECTING, Bindable.mapOf(String.class, String.class))
                        .isBound()) {
            throw new IllegalStateException(PROTECTING
                    + " is set, but this version has no authentication yet; remove it, and put a gateway in front.");
        }
        for (String name : WITHOUT_EFFECT) {
            if (binder.bind(name, Bindable.of(String.class)).isBound()) {
                log.warn("{} is set, but has no effect in this version", name);
            }
        }
        log.info("The API is open to whoever reaches its port: this version has no authentication");
    }
}
