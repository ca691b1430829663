package io.projectbeacon.runner;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/**
 * Logs each setting below {@code beacon} that this version does not read, because a misspelt setting has no effect. It
 * does not stop the start: after a rollback, an older version may find settings of the newer one. It ignores
 * environment variables, because other programs may use names that begin with {@code BEACON}.
 */
@Component
class UnknownSettings {

    private static final Logger log = LoggerFactory.getLogger(UnknownSettings.class);

    /** The build writes this file from the classes that settings are bound to. */
    private static final String DESCRIBED = "META-INF/spring-configuration-metadata.json";

    private static final ConfigurationPropertyName OURS = ConfigurationPropertyName.of("beacon");

    UnknownSettings(ConfigurableEnvironment environment, JsonMapper json) {
        List<ConfigurationPropertyName> known = known(json);
        environment.getPropertySources().stream()
                .filter(source -> source instanceof EnumerablePropertySource
                        && !(source instanceof SystemEnvironmentPropertySource))
                .flatMap(source -> List.of(((EnumerablePropertySource<?>) source).getPropertyNames()).stream())
                .distinct()
                .filter(name -> isUnknown(ConfigurationPropertyName.adapt(name, '.'), known))
                .forEach(name -> log.warn("{} is not a setting of this version; it does nothing", name));
    }

    private static boolean isUnknown(ConfigurationPropertyName name, List<ConfigurationPropertyName> known) {
        return OURS.isAncestorOf(name)
                && known.stream().noneMatch(setting -> setting.equals(name) || setting.isAncestorOf(name));
    }

    private static List<ConfigurationPropertyName> known(JsonMapper json) {
        try (InputStream metadata = new ClassPathResource(DESCRIBED).getInputStream()) {
            return json.readTree(metadata)
                    .path("properties")
                    .valueStream()
                    .map(property ->
                            ConfigurationPropertyName.of(property.path("name").asString()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
