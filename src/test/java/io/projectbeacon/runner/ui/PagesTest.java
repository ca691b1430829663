package io.projectbeacon.runner.ui;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.Browser;
import io.projectbeacon.runner.support.RunnerApp;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What holds for every page: its policy, its files, and that it has nothing in it that the policy would refuse. */
class PagesTest {

    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
            + " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private static final Pattern FILE = Pattern.compile("(?:src|href)=\"(/(?:webjars|ui/static)/[^\"#]+)");

    /** A script, style or handler within the page. */
    private static final Pattern INLINE =
            Pattern.compile("<script(?![^>]*\\bsrc=)|<style|\\sstyle=|\\son[a-z]+=|\\shx-on|javascript:");

    private static RunnerApp app;

    @BeforeAll
    static void start() {
        app = RunnerApp.fresh("--beacon.worker.enabled=false");
        // The servlet has no mappings before its first request.
        assertThat(new Browser(app.base()).get("/new").status()).isEqualTo(200);
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    /** Those that need no job; a job's own page is among them by its refusal. */
    private static List<String> pages() {
        return app.pages().stream()
                .filter(route -> route.startsWith("GET ") && !route.contains("/ui/") && !route.endsWith(" /"))
                .filter(route -> !route.endsWith("/login"))
                .map(route -> route.substring(4).replaceAll("\\{[^}]+}", "none"))
                .toList();
    }

    @Test
    void every_page_has_the_strict_policy_and_nothing_that_it_would_refuse() {
        assertThat(pages()).contains("/new");
        for (String path : pages()) {
            Browser.Page page = new Browser(app.base()).get(path);
            assertThat(page.header("Content-Security-Policy")).as(path).isEqualTo(POLICY);
            assertThat(page.header("Content-Type")).as(path).startsWith("text/html");
            assertThat(page.header("Cache-Control")).as(path).isEqualTo("no-store");
            assertThat(INLINE.matcher(page.body()).results().map(MatchResult::group))
                    .as(path)
                    .isEmpty();
            assertThat(page.body()).as(path).contains("</html>", "<main id=\"main\"", "id=\"announce\"");
        }
    }

    @Test
    void each_file_that_a_page_names_is_there_and_may_be_kept() {
        Browser browser = new Browser(app.base());
        List<String> files = FILE.matcher(browser.get("/new").body())
                .results()
                .map(found -> found.group(1))
                .distinct()
                .toList();
        assertThat(files).hasSizeGreaterThan(6);
        for (String path : files) {
            Browser.Page file = browser.get(path);
            assertThat(file.status()).as(path).isEqualTo(200);
            if (path.startsWith("/webjars/")) {
                assertThat(file.header("Cache-Control")).contains("max-age=31536000", "immutable");
            } else {
                assertThat(file.header("Cache-Control")).isEqualTo("no-cache");
                assertThat(browser.get(path, "If-None-Match", file.header("ETag"))
                                .status())
                        .as(path)
                        .isEqualTo(304);
            }
        }
    }

    @Test
    void an_answer_of_the_api_may_still_do_nothing_at_all() {
        assertThat(app.get("/api/v1/jobs").header("Content-Security-Policy"))
                .isEqualTo("default-src 'none'; frame-ancestors 'none'");
        assertThat(app.get("/api/v1/jobs").header("Referrer-Policy")).isEqualTo("no-referrer");
    }

    @Test
    void what_a_filter_refuses_is_a_page_that_says_what_to_do_and_asking_for_it_finds_nothing() {
        Browser browser = new Browser(app.base());
        assertThat(browser.get("/ui/refused").status()).isEqualTo(404);
        Browser.Page refused = browser.post("/jobs/none/nothing", java.util.Map.of());
        assertThat(refused.status()).isIn(404, 405);
    }
}
