package io.projectbeacon.runner;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.Console;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import tools.jackson.databind.json.JsonMapper;

class UnknownSettingsTest {

    @Test
    void a_misspelt_setting_is_named_and_others_are_not() {
        StandardEnvironment environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .addFirst(new MapPropertySource(
                        "given",
                        Map.of(
                                "beacon.worker.max-jobz", 5,
                                "beacon.lock.ttl", "10s",
                                "beacon.worker.maxJobs", 5,
                                "beacon.regions.us-east.aliases[0]", "x",
                                "beacons.worker", "anybody's",
                                "spring.nonsense", "also")));
        environment
                .getPropertySources()
                .addFirst(new SystemEnvironmentPropertySource("variables", Map.of("BEACON_PORT", "8081")));
        try (Console console = new Console()) {
            new UnknownSettings(environment, new JsonMapper());
            assertThat(console.lines("beacon")).singleElement().asString().contains("WARN", "beacon.worker.max-jobz");
        }
    }
}
