package io.projectbeacon.runner.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.domain.Sha256;
import io.projectbeacon.runner.support.Browser;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A person logs in with a key, and sees by it what the key may see. */
class LoginTest {

    private static final String JOB = "{\"models\": [\"a\"], \"regions\": [\"us-east\"]}";
    private static final List<String> QUIET = List.of("--beacon.worker.enabled=false");

    private static String database;
    private static String redis;
    private static RunnerApp app;

    @BeforeAll
    static void start() {
        database = TestServers.newDatabase();
        redis = TestServers.newRedisUrl();
        app = RunnerApp.withCallers(database, redis, QUIET);
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static String key(String caller, Role role) {
        return RunnerApp.keyOf(caller, role)[1];
    }

    private static Browser loggedIn(String caller, Role role) {
        Browser browser = new Browser(app.base());
        assertThat(browser.logIn(key(caller, role)).status()).isEqualTo(303);
        return browser;
    }

    @Test
    void whoever_is_not_logged_in_is_asked_to_and_led_on_to_the_page() {
        Browser browser = new Browser(app.base());
        Browser.Page refused = browser.get("/new?like=a%20b");
        assertThat(refused.status()).isEqualTo(302);
        assertThat(refused.location()).isEqualTo("/login?next=%2Fnew%3Flike%3Da%2520b");
        Browser.Page form = browser.get(refused.location());
        assertThat(form.status()).isEqualTo(200);
        assertThat(form.hidden("next")).isEqualTo("/new?like=a%20b");
        Browser.Page done =
                browser.post("/login", Map.of("key", key("acme", Role.SUBMITTER), "next", form.hidden("next")));
        assertThat(done.status()).isEqualTo(303);
        assertThat(done.location()).isEqualTo("/new?like=a%20b");
        assertThat(browser.get("/new").text()).contains("Logged in as acme", "Run this job");
    }

    @Test
    void a_fragment_is_refused_and_htmx_is_led_to_the_login() {
        Browser browser = new Browser(app.base());
        browser.get("/login");
        Browser.Page refused = browser.post(
                "/ui/plan", Map.of("spec", JOB), "HX-Request", "true", "HX-Current-URL", app.base() + "/new?like=x");
        assertThat(refused.status()).isEqualTo(401);
        assertThat(refused.header("HX-Redirect")).isEqualTo("/login?next=%2Fnew%3Flike%3Dx");
        assertThat(browser.get("/ui/plan").status()).isEqualTo(401);
    }

    @Test
    void a_form_that_is_sent_after_the_login_has_ended_says_so_and_does_nothing() {
        Browser browser = loggedIn("tau", Role.SUBMITTER);
        browser.get("/new");
        browser.cookies().remove("beacon_session");
        Browser.Page refused = browser.post("/new", Map.of("spec", JOB, "key", "k-after-the-end"));
        assertThat(refused.status()).isEqualTo(401);
        assertThat(refused.header("Content-Type")).startsWith("text/html");
        assertThat(refused.text()).contains("Nothing was done", "Log in again in another tab");
        assertThat(app.as("tau", Role.SUBMITTER).get("/api/v1/jobs").json().path("jobs"))
                .isEmpty();
    }

    @Test
    void a_wrong_key_is_told_and_begins_nothing() {
        Browser browser = new Browser(app.base());
        for (String wrong : List.of("", "bk_", "bk_" + "a".repeat(32), "nothing", Sha256.hex(new byte[0]))) {
            Browser.Page page = browser.logIn(wrong);
            assertThat(page.status()).isEqualTo(401);
            assertThat(page.text()).contains("This is no key of this service");
            assertThat(browser.cookies()).doesNotContainKey("beacon_session");
        }
        assertThat(browser.get("/new").status()).isEqualTo(302);
    }

    @Test
    void the_cookie_is_out_of_reach_for_scripts_and_other_sites_and_only_its_hash_is_kept() {
        Browser browser = new Browser(app.base());
        String line = browser.logIn(key("acme", Role.VIEWER)).header("Set-Cookie");
        assertThat(line)
                .startsWith("beacon_session=")
                .contains("; Path=/;", "HttpOnly", "SameSite=Strict", "Max-Age=43200");
        String token = browser.cookies().get("beacon_session");
        assertThat(token).hasSize(43);
        assertThat(app.jdbc()
                        .sql("SELECT key_sha256 FROM sessions WHERE token_sha256 = ?")
                        .param(Sha256.hex(token.getBytes(StandardCharsets.US_ASCII)))
                        .query(String.class)
                        .single())
                .isEqualTo(Sha256.hex(key("acme", Role.VIEWER).getBytes(StandardCharsets.US_ASCII)));
        assertThat(app.jdbc()
                        .sql("SELECT count(*) FROM sessions s WHERE s::text LIKE ? OR s::text LIKE '%bk\\_%'")
                        .param("%" + token + "%")
                        .query(Long.class)
                        .single())
                .isZero();
    }

    @Test
    void a_session_is_known_to_every_replica_and_after_a_restart() {
        Browser browser = loggedIn("acme", Role.VIEWER);
        try (RunnerApp other = RunnerApp.withCallers(database, redis, QUIET)) {
            assertThat(browser.at(other.base()).get("/new").status()).isEqualTo(200);
        }
    }

    @Test
    void a_session_ends_after_twelve_hours_and_its_row_goes_at_a_later_login() {
        Browser browser = loggedIn("zeta", Role.VIEWER);
        assertThat(browser.get("/new").status()).isEqualTo(200);
        String hash = Sha256.hex(browser.cookies().get("beacon_session").getBytes(StandardCharsets.US_ASCII));
        assertThat(app.jdbc()
                        .sql("UPDATE sessions SET expires_at = expires_at - interval '12 hours' WHERE token_sha256 = ?")
                        .param(hash)
                        .update())
                .isOne();
        assertThat(browser.get("/new").status()).isEqualTo(302);
        loggedIn("zeta", Role.VIEWER);
        assertThat(app.jdbc()
                        .sql("SELECT count(*) FROM sessions WHERE token_sha256 = ?")
                        .param(hash)
                        .query(Long.class)
                        .single())
                .isZero();
    }

    @Test
    void a_logout_ends_the_session_everywhere() {
        Browser browser = loggedIn("acme", Role.VIEWER);
        Browser copy = browser.at(app.base());
        assertThat(copy.get("/new").status()).isEqualTo(200);
        browser.get("/new");
        assertThat(browser.post("/logout", Map.of()).location()).isEqualTo("/login");
        assertThat(browser.cookies()).doesNotContainKey("beacon_session");
        assertThat(copy.get("/new").status()).isEqualTo(302);
    }

    @Test
    void a_key_that_is_taken_out_ends_its_sessions_and_no_others(@TempDir Path folder) throws IOException {
        String gone = "acme submitter " + Sha256.hex(key("acme", Role.SUBMITTER).getBytes(StandardCharsets.US_ASCII));
        String stays = "zeta viewer " + Sha256.hex(key("zeta", Role.VIEWER).getBytes(StandardCharsets.US_ASCII));
        Path file = Files.writeString(folder.resolve("keys"), gone + "\n" + stays + "\n");
        try (RunnerApp other =
                RunnerApp.fresh("--beacon.security.api-keys-file=" + file, "--beacon.worker.enabled=false")) {
            Browser acme = new Browser(other.base());
            acme.logIn(key("acme", Role.SUBMITTER));
            Browser zeta = new Browser(other.base());
            zeta.logIn(key("zeta", Role.VIEWER));
            assertThat(acme.get("/new").status()).isEqualTo(200);
            Path next = Files.writeString(folder.resolve("next"), stays + "\n");
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            await().until(() -> acme.get("/new").status() == 302);
            assertThat(acme.get("/api/v1/jobs").status()).isEqualTo(401);
            assertThat(zeta.get("/new").status()).isEqualTo(200);
        }
    }

    @Test
    void the_api_is_read_by_the_cookie_and_changed_by_a_key_only() {
        Browser browser = loggedIn("light", Role.SUBMITTER);
        assertThat(browser.get("/api/v1/jobs").status()).isEqualTo(200);
        browser.get("/new");
        for (String path :
                List.of("/api/v1/jobs", "/api/v1/jobs:plan", "/api/v1/jobs:batch", "/api/v1/jobs/a/cancel")) {
            Browser.Page refused = browser.postJson(path, JOB, "X-Csrf-Token", browser.token(), "Origin", app.base());
            assertThat(refused.status()).as(path).isEqualTo(401);
        }
        assertThat(browser.get("/api/v1/jobs").body()).contains("\"jobs\":[]");
        assertThat(browser.get("/actuator/info").status()).isEqualTo(401);
    }

    @Test
    void a_role_that_is_missing_is_named_on_a_page() {
        Browser browser = loggedIn("acme", Role.VIEWER);
        Browser.Page form = browser.get("/new");
        assertThat(form.text()).contains("needs the role submitter").doesNotContain("Run this job");
        Browser.Page refused = browser.post("/new", Map.of("spec", JOB, "key", "k"));
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.header("Content-Type")).startsWith("text/html");
        assertThat(refused.text()).contains("This needs the role submitter.", "Log in with a key that has this role");
        Browser metrics = loggedIn("acme", Role.METRICS);
        assertThat(metrics.get("/new").text()).contains("This needs the role viewer.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "//evil.example",
                "/\\evil.example",
                "\\\\evil.example",
                "https://evil.example/",
                "https:evil.example",
                "javascript:alert(1)",
                "/\t/evil.example",
                "/\n/evil.example",
                "evil.example",
                "/logout",
                "/ui/plan",
                ""
            })
    void a_login_leads_to_no_other_site(String next) {
        Browser browser = new Browser(app.base());
        browser.get("/login");
        Browser.Page done = browser.post("/login", Map.of("key", key("acme", Role.VIEWER), "next", next));
        assertThat(done.location()).isEqualTo("/");
    }

    @Test
    void wrong_keys_are_counted_by_their_address_and_a_good_one_passes() {
        try (RunnerApp limited = RunnerApp.withCallers(
                TestServers.newDatabase(),
                TestServers.newRedisUrl(),
                List.of("--beacon.worker.enabled=false", "--beacon.rate-limit.changes=3"))) {
            Browser browser = new Browser(limited.base());
            for (int n = 0; n < 3; n++) {
                assertThat(browser.logIn("wrong").status()).isEqualTo(401);
            }
            Browser.Page refused = browser.logIn("wrong");
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.header("Retry-After")).isNotEmpty();
            assertThat(refused.text()).contains("this address without a valid key");
            assertThat(browser.logIn(key("acme", Role.VIEWER)).status()).isEqualTo(303);
        }
    }

    @Test
    void without_keys_there_is_nothing_to_log_in_to() {
        try (RunnerApp open = RunnerApp.fresh("--beacon.worker.enabled=false")) {
            Browser browser = new Browser(open.base());
            assertThat(browser.get("/login").location()).isEqualTo("/");
            assertThat(browser.get("/new").text()).contains("Run this job").doesNotContain("Log out");
        }
    }
}
