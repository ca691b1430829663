package io.projectbeacon.runner.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.security.Keys.Key;
import io.projectbeacon.runner.support.RunnerApp;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A port that the actuator and {@code /metrics} have to themselves. */
class ManagementPortTest {

    private final Key metrics = Keys.draw("prometheus", "metrics");
    private final Key operator = Keys.draw("operations", "operator");

    @Test
    void with_keys_it_asks_for_the_same_roles_and_the_other_port_has_no_actuator() {
        List<String> properties = new ArrayList<>(Keys.properties(metrics, operator));
        properties.add("--management.server.port=0");
        try (RunnerApp app = RunnerApp.fresh(properties.toArray(String[]::new))) {
            Wire management = Wire.toManagement(app);
            Wire api = Wire.to(app);
            assertThat(management.port()).isNotEqualTo(api.port());
            for (String path : List.of("/metrics", "/actuator/prometheus")) {
                Wire.Answer scrape = management.get(path, metrics.header());
                assertThat(scrape.status()).as(path).isEqualTo(200);
                assertThat(scrape.body()).contains("beacon_duplicates_total");
                assertThat(management.get(path, operator.header()).status()).isEqualTo(403);
                assertThat(management.get(path).status()).isEqualTo(401);
                assertThat(management.get(path).header("Content-Type")).startsWith("application/problem+json");
                assertThat(api.get(path, metrics.header()).status()).isEqualTo(404);
            }
            for (String path : List.of("/actuator/info", "/actuator/health", "/actuator")) {
                assertThat(management.get(path, operator.header()).status())
                        .as(path)
                        .isEqualTo(200);
                assertThat(management.get(path, metrics.header()).status()).isEqualTo(403);
                assertThat(management.get(path).status()).isEqualTo(401);
                assertThat(api.get(path, operator.header()).status()).isEqualTo(404);
            }
            Wire.Answer liveness = management.get("/actuator/health/liveness");
            assertThat(liveness.status()).isEqualTo(200);
            assertThat(liveness.body()).doesNotContain("components");
            assertThat(management
                            .get("/actuator/health/readiness", operator.header())
                            .body())
                    .contains("\"db\"");
            assertThat(management.get("/api/v1/jobs", operator.header()).status())
                    .isEqualTo(404);
        }
    }

    @Test
    void without_keys_it_is_reached_on_the_loopback_only() throws Exception {
        try (RunnerApp app = RunnerApp.fresh("--management.server.port=0")) {
            int port = Wire.toManagement(app).port();
            assertThat(new Wire("127.0.0.1", port).get("/metrics").status()).isEqualTo(200);
            assertThat(new Wire("::1", port).get("/metrics").status()).isEqualTo(200);
            assertThat(new Wire(ListeningTest.elsewhere(), port).isListenedOn()).isFalse();
        }
    }
}
