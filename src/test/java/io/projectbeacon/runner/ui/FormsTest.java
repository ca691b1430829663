package io.projectbeacon.runner.ui;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.support.Browser;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who can send a form: a page of this service, in the browser that it was made for. */
class FormsTest {

    private static final Map<String, String> JOB =
            Map.of("spec", "{\"models\": [\"a\"], \"regions\": [\"us-east\"]}", "key", "a-key");

    private static RunnerApp open;
    private static RunnerApp keyed;

    @BeforeAll
    static void start() {
        open = RunnerApp.fresh("--beacon.worker.enabled=false", "--beacon.limits.body=20KB");
        keyed = RunnerApp.withCallers(
                TestServers.newDatabase(), TestServers.newRedisUrl(), List.of("--beacon.worker.enabled=false"));
    }

    @AfterAll
    static void stop() {
        open.close();
        keyed.close();
    }

    private static Browser loggedIn() {
        Browser browser = new Browser(keyed.base());
        browser.logIn(RunnerApp.keyOf("acme", Role.SUBMITTER)[1]);
        return browser;
    }

    @Test
    void a_form_without_the_token_of_its_page_is_refused_with_keys_and_without() {
        for (Browser browser : List.of(new Browser(open.base()), loggedIn())) {
            browser.get("/new");
            Browser other = new Browser(open.base());
            other.get("/new");
            for (Map<String, String> token : List.of(
                    Map.<String, String>of(),
                    Map.of("_csrf", ""),
                    Map.of("_csrf", other.token()),
                    Map.of("_csrf", String.valueOf(browser.cookies().get("beacon_csrf"))))) {
                Map<String, String> form = new java.util.HashMap<>(JOB);
                form.putAll(token);
                Browser.Page refused = browser.postWithoutToken("/new", form);
                assertThat(refused.status()).isEqualTo(403);
                assertThat(refused.text()).contains("Nothing was done: load the page again");
                assertThat(browser.postWithoutToken("/ui/plan", form).status()).isEqualTo(403);
                assertThat(browser.postWithoutToken("/logout", token).status()).isEqualTo(403);
            }
            assertThat(browser.get("/api/v1/jobs").body()).contains("\"jobs\":[]");
        }
    }

    @Test
    void the_token_is_taken_from_a_form_and_from_the_header_of_htmx() {
        for (Browser browser : List.of(new Browser(open.base()), loggedIn())) {
            browser.get("/new");
            assertThat(browser.post("/ui/plan", JOB).status()).isEqualTo(200);
            assertThat(browser.postWithoutToken("/ui/plan", JOB, "X-Csrf-Token", browser.token())
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void a_form_of_another_site_is_refused_even_with_the_token() {
        Browser browser = new Browser(open.base());
        browser.get("/new");
        for (String[] from :
                new String[][] {{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}
                }) {
            Browser.Page refused = browser.post("/new", JOB, from);
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.header("Content-Type")).startsWith("text/html");
            assertThat(refused.text()).contains("A page of another site asked for this change");
        }
    }

    /** A browser sends "Origin: null" with the form of a page whose policy is no-referrer. */
    @Test
    void the_pages_let_a_browser_say_where_their_forms_come_from() {
        Browser browser = new Browser(open.base());
        assertThat(browser.get("/new").header("Referrer-Policy")).isEqualTo("same-origin");
        assertThat(browser.post("/ui/plan", JOB, "Origin", open.base(), "Sec-Fetch-Site", "same-origin")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void a_form_is_read_up_to_the_limit_of_all_bodies_and_after_its_sender_is_known() {
        Browser browser = new Browser(open.base());
        browser.get("/new");
        Browser.Page refused = browser.post("/ui/plan", Map.of("spec", "x".repeat(30_000)));
        assertThat(refused.status()).isEqualTo(413);
        assertThat(refused.text()).contains("beacon.limits.body");
        Browser stranger = new Browser(keyed.base());
        stranger.get("/login");
        assertThat(stranger.post("/new", Map.of("spec", "x".repeat(2_000_000))).status())
                .isEqualTo(401);
    }

    @Test
    void the_api_takes_no_form() {
        Browser browser = new Browser(open.base());
        browser.get("/new");
        assertThat(browser.post("/api/v1/jobs", JOB).status()).isEqualTo(415);
    }
}
