package io.projectbeacon.runner.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.RunnerApp;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a page of another site, open in an operator's browser, can make the service do: nothing. */
class BrowserTest {

    private static final String KEY = "X-Api-Key: bk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private static RunnerApp app;
    private static Wire wire;

    @BeforeAll
    static void start() {
        app = RunnerApp.fresh("--beacon.worker.enabled=false");
        wire = Wire.to(app);
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Origin: https://evil.example",
                "Origin: null",
                "Origin: http://localhost.evil.example",
                "Origin: http://localhost:1",
                "Origin: file://localhost",
                "Origin:",
                "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Site: same-site",
                "Sec-Fetch-Site: Same-Origin, cross-site",
                "Sec-Fetch-Site: none\r\nOrigin: https://evil.example",
                "Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site",
                "Authorization: Basic b3BlcmF0b3I6cGFzcw==\r\nOrigin: https://evil.example"
            })
    void a_change_that_another_site_asks_for_is_refused_and_changes_nothing(String headers) {
        String id = submitted();
        for (String change : List.of("/cancel", "/retry")) {
            Wire.Answer answer = wire.post("/api/v1/jobs/" + id + change, "", headers);
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.body()).contains("\"status\":403", "another site");
        }
        assertThat(wire.send("DELETE", "/api/v1/jobs/" + id + "/content", "", headers)
                        .status())
                .isEqualTo(403);
        assertThat(app.get("/api/v1/jobs/" + id).json().path("status").asString())
                .isEqualTo("queued");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"})
    void a_form_of_another_site_is_refused(String type) {
        assertThat(wire.post(
                                "/api/v1/jobs",
                                "{\"id\": \"formed\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}",
                                "Content-Type: " + type,
                                "Origin: https://evil.example")
                        .status())
                .isEqualTo(403);
        assertThat(wire.get("/api/v1/jobs/formed").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Accept: */*",
                "Sec-Fetch-Site: same-origin",
                "Sec-Fetch-Site: none",
                "Sec-Fetch-Site: cross-site\r\n" + KEY,
                "Origin: https://evil.example\r\nAuthorization: Bearer bk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            })
    void a_change_of_a_person_a_program_or_this_service_s_own_page_is_made(String headers) {
        assertThat(wire.post("/api/v1/jobs/" + submitted() + "/cancel", "", headers)
                        .status())
                .isEqualTo(202);
    }

    @Test
    void an_origin_is_compared_with_the_host_that_the_request_was_sent_to() {
        for (String[] same : new String[][] {
            {"localhost:" + wire.port(), "http://localhost:" + wire.port()},
            {"localhost", "http://localhost"},
            {"localhost:443", "https://localhost"},
            {"LOCALHOST", "https://localhost"},
            {"[::1]:8080", "http://[::1]:8080"}
        }) {
            assertThat(wire.post(
                                    "/api/v1/jobs/" + submitted() + "/cancel",
                                    "",
                                    "Host: " + same[0],
                                    "Origin: " + same[1])
                            .status())
                    .as(same[1])
                    .isEqualTo(202);
        }
    }

    @Test
    void another_site_that_asks_first_is_allowed_nothing() {
        Wire.Answer asked = wire.send(
                "OPTIONS",
                "/api/v1/jobs",
                "",
                "Origin: https://evil.example",
                "Access-Control-Request-Method: POST",
                "Access-Control-Request-Headers: x-api-key");
        assertThat(asked.headers()).noneMatch(line -> line.toLowerCase().startsWith("access-control"));
        assertThat(wire.get("/api/v1/jobs", "Origin: https://evil.example").headers())
                .noneMatch(line -> line.toLowerCase().startsWith("access-control"));
    }

    private static String submitted() {
        return app.submit("{\"models\": [\"a\"], \"regions\": [\"us-east\"]}")
                .json()
                .path("id")
                .asString();
    }
}
