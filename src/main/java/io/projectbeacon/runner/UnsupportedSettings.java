package io.projectbeacon.runner;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * Stops the start when {@code beacon.security.api-keys} is set: this version does not have that protection yet, and an
 * operator who sets it relies on it.
 */
@Component
class UnsupportedSettings {

    private static final Logger log = LoggerFactory.getLogger(UnsupportedSettings.class);
    private static final String PROTECTING = "beacon.security.api-keys";

    UnsupportedSettings(Environment environment) {
        Binder binder = Binder.get(environment);
        if (binder.bind(PROTECTING, Bindable.listOf(String.class)).isBound()
                || binder.bind(PROTECTING, Bindable.mapOf(String.class, String.class))
                        .isBound()) {
            throw new InvalidConfigurationPropertyValueException(
                    PROTECTING,
                    "****",
                    "this version has no authentication yet; remove it, and put a gateway in front");
        }
        log.info("The API is open to whoever reaches its port: this version has no authentication");
    }
}
