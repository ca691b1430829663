package io.projectbeacon.runner.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.RunnerApp;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** DNS rebinding: a web page that has its own name pointed at this machine reads nothing. */
class HostTest {

    private static RunnerApp app;
    private static Wire wire;

    @BeforeAll
    static void start() {
        app = RunnerApp.fresh("--beacon.security.hosts=beacon-1,Runner.Internal", "--management.server.port=0");
        wire = Wire.to(app);
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LOCALHOST:1",
                "localhost:8080",
                "127.0.0.1",
                "127.0.0.1:99",
                "[::1]",
                "[::1]:8080",
                "beacon-1:8080",
                "runner.internal"
            })
    void a_request_for_the_loopback_or_a_known_name_is_answered(String host) {
        assertThat(wire.get("/api/v1/jobs", "Host: " + host).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8080",
                "localhost.evil.example",
                "evil.example.localhost",
                "127.0.0.1.evil.example",
                "localhost@evil.example",
                "127.0.0.2",
                "[::2]",
                "beacon-11",
                "0.0.0.0",
                ""
            })
    void a_request_for_any_other_name_reads_nothing(String host) {
        Wire.Answer answer = wire.get("/api/v1/jobs", "Host: " + host);
        assertThat(answer.status()).isIn(421, 400);
        assertThat(answer.body()).doesNotContain("\"jobs\"");
        assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
    }

    @Test
    void what_a_proxy_may_say_of_the_host_does_not_count() {
        assertThat(wire.get(
                                "/api/v1/jobs",
                                "Host: evil.example",
                                "X-Forwarded-Host: localhost",
                                "Forwarded: host=localhost")
                        .status())
                .isEqualTo(421);
    }

    @Test
    void neither_does_a_name_in_the_request_line_that_the_header_denies() {
        assertThat(wire.raw(
                                "GET http://evil.example/api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                        .body())
                .doesNotContain("\"jobs\"");
        assertThat(wire.raw(
                                "GET http://localhost/api/v1/jobs HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
                        .body())
                .doesNotContain("\"jobs\"");
    }

    @Test
    void a_request_without_a_host_is_answered_on_the_paths_of_probes_only() {
        assertThat(wire.raw("GET /api/v1/jobs HTTP/1.0\r\n\r\n").status()).isEqualTo(421);
        Wire management = Wire.toManagement(app);
        assertThat(management
                        .raw("GET /actuator/health/liveness HTTP/1.0\r\n\r\n")
                        .status())
                .isEqualTo(200);
        assertThat(management
                        .get("/actuator/health/readiness", "Host: 10.1.2.3:8080")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void a_port_of_the_actuator_s_own_is_held_to_it_too() {
        Wire management = Wire.toManagement(app);
        for (String path : new String[] {"/metrics", "/actuator/prometheus", "/actuator/info", "/actuator/health"}) {
            assertThat(management.get(path, "Host: evil.example").status())
                    .as(path)
                    .isEqualTo(421);
            assertThat(management.get(path).status()).as(path).isEqualTo(200);
        }
    }

    @Test
    void a_change_for_another_name_changes_nothing() {
        assertThat(wire.post(
                                "/api/v1/jobs",
                                "{\"id\": \"rebound\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}",
                                "Host: evil.example")
                        .status())
                .isEqualTo(421);
        assertThat(wire.get("/api/v1/jobs/rebound").status()).isEqualTo(404);
    }
}
