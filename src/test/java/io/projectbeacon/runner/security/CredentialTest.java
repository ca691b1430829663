package io.projectbeacon.runner.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.security.Keys.Key;
import io.projectbeacon.runner.support.RunnerApp;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a request carries its key, and what does not count as one. */
class CredentialTest {

    private static final Key FIRST = Keys.draw("acme", "viewer");
    private static final Key SECOND = Keys.draw("acme", "submitter");

    private static RunnerApp app;
    private static Wire wire;

    @BeforeAll
    static void start() {
        app = RunnerApp.fresh(Keys.properties(FIRST, SECOND).toArray(String[]::new));
        wire = Wire.to(app);
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void a_key_is_taken_from_either_header_and_a_caller_has_several() {
        assertThat(wire.get("/api/v1/jobs", FIRST.header()).status()).isEqualTo(200);
        assertThat(wire.get("/api/v1/jobs", "X-Api-Key: " + SECOND.secret()).status())
                .isEqualTo(200);
        assertThat(wire.get("/api/v1/jobs", "authorization: bearer " + SECOND.secret())
                        .status())
                .isEqualTo(200);
        assertThat(wire.post("/api/v1/jobs", "{}", FIRST.header()).status()).isEqualTo(403);
        assertThat(wire.post("/api/v1/jobs", "{}", SECOND.header()).status()).isEqualTo(422);
    }

    @Test
    void a_name_that_is_not_the_loopback_s_is_served_once_keys_are_configured() {
        assertThat(wire.get("/api/v1/jobs", "Host: runner.example", FIRST.header())
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Accept: */*",
                "Authorization: Bearer",
                "Authorization: Bearer ",
                "Authorization: Basic YTpi",
                "Authorization: Bearer bk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "Authorization: Bearer bk_",
                "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",
                "X-Api-Key:",
                "X-Api-Key: x",
                "X-Api-Key: \u00e9\u00e9\u00e9",
                "Cookie: JSESSIONID=1"
            })
    void a_request_without_a_key_that_is_known_is_a_401_that_says_bearer(String header) {
        Wire.Answer answer = wire.get("/api/v1/jobs", header);
        assertThat(answer.status()).isIn(401);
        assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer");
        assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
        assertThat(answer.headers()).noneMatch(line -> line.startsWith("Set-Cookie"));
    }

    @Test
    void a_key_in_the_query_in_a_body_or_as_its_hash_does_not_count() {
        assertThat(wire.get("/api/v1/jobs?access_token=" + FIRST.secret()).status())
                .isEqualTo(401);
        assertThat(wire.post(
                                "/api/v1/jobs",
                                "access_token=" + SECOND.secret(),
                                "Content-Type: application/x-www-form-urlencoded")
                        .status())
                .isEqualTo(401);
        String hash = FIRST.line().split(" ")[2];
        assertThat(wire.get("/api/v1/jobs", "X-Api-Key: " + hash).status()).isEqualTo(401);
        assertThat(wire.get("/api/v1/jobs", "X-Api-Key: bk_" + hash).status()).isEqualTo(401);
        assertThat(wire.get("/api/v1/jobs", FIRST.header() + "a").status()).isEqualTo(401);
    }

    @Test
    void two_keys_in_one_request_are_refused_even_if_each_is_good() {
        for (List<String> two : List.of(
                List.of(FIRST.header(), SECOND.header()),
                List.of(FIRST.header(), "X-Api-Key: " + FIRST.secret()),
                List.of("X-Api-Key: " + FIRST.secret(), "X-Api-Key: " + SECOND.secret()))) {
            Wire.Answer answer = wire.get("/api/v1/jobs", two.toArray(String[]::new));
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.body()).doesNotContain("\"jobs\"");
        }
    }

    @Test
    void nothing_of_a_key_is_in_the_settings_that_are_shown_or_in_an_answer() {
        Key operator = Keys.draw("operations", "operator");
        try (RunnerApp shown = RunnerApp.fresh(Keys.properties(operator, FIRST).toArray(String[]::new))) {
            String info =
                    Wire.to(shown).get("/actuator/info", operator.header()).body();
            assertThat(info).contains("\"beacon.security.api-keys\":\"****\"");
            assertThat(info)
                    .doesNotContain(FIRST.line().split(" ")[2], operator.line().split(" ")[2]);
        }
    }
}
