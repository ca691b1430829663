package io.projectbeacon.runner.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every page, in light and dark, wide and narrow: axe finds no fault, nothing is cut off, and a picture is kept. */
class EveryPageTest {

    private static FakeProvider provider;
    private static RunnerApp app;
    private static final Map<String, String> pages = new LinkedHashMap<>();

    @BeforeAll
    static void start() throws IOException {
        Chromium.shared();
        provider = FakeProvider.start();
        provider.failWith("eu-west", 400);
        provider.hold("asia-pacific");
        app = RunnerApp.start(
                TestServers.newDatabase(),
                TestServers.newRedisUrl(),
                RunnerApp.calling(provider, "us-east", "eu-west", "asia-pacific"));
        String done = submitted(
                "who-are-you", "\"qwen2.5-1.5b\", \"meta/llama3.2-1b\", \"qwen2.5-1.5b\"", "\"us-east\", \"eu-west\"");
        app.ended(done);
        app.post("/api/v1/jobs/" + done + "/retry", "{}");
        app.ended(done);
        String running =
                submitted("long-answers", "\"qwen2.5-1.5b\", \"meta/llama3.2-1b\"", "\"us-east\", \"asia-pacific\"");

        pages.put("new", "/new");
        pages.put("jobs", "/jobs");
        pages.put("jobs-none", "/jobs?status=cancelled");
        pages.put("job-running", "/jobs/" + running);
        pages.put("job-ended", "/jobs/" + done);
        pages.put("cell-completed", "/jobs/" + done + "?region=us-east&model_id=meta/llama3.2-1b");
        pages.put("cell-failed", "/jobs/" + done + "?region=eu-west&model_id=qwen2.5-1.5b");
        pages.put("like", "/new?like=" + done);
        pages.put("duplicates", "/duplicates");
        pages.put("health", "/health");
        pages.put("job-failed-cells", "/jobs/" + done + "?show=failed");
        pages.put("duplicates-none", "/duplicates?model_id=nobody");
        pages.put("openapi", "/openapi");
        pages.put("no-such-job", "/jobs/no-such-job");
    }

    private static String submitted(String id, String models, String regions) {
        return app.submit("{\"id\": \"%s\", \"models\": [%s], \"regions\": [%s]}".formatted(id, models, regions))
                .json()
                .path("id")
                .asString();
    }

    @AfterAll
    static void stop() {
        if (app != null) {
            provider.close();
            app.close();
        }
    }

    /** What colours and widths do not change is looked at once. */
    @ParameterizedTest
    @CsvSource({"light, LIGHT, 1280, ''", "dark, DARK, 1280, color-contrast", "narrow, LIGHT, 390, target-size"})
    void each_page_can_be_read_by_all(String name, ColorScheme colours, int width, String rule) {
        String[] rules = rule.isEmpty() ? new String[0] : new String[] {rule};
        Map<String, Object> faults = new TreeMap<>();
        try (Person reader = Person.visiting(app, colours, width)) {
            Page page = reader.opens("/health");
            pages.forEach((title, path) -> {
                page.navigate(path);
                Pictures.keep(page, title + "-" + name);
                faults.put(title, Axe.faultsOf(page, rules));
                faults.put(title + ": wider than the screen by", overflow(page));
            });
            reader.expectsFailedRequests();
        }
        faults.values().removeIf(fault -> fault.equals(List.of()) || fault.equals(0));
        assertThat(faults).isEmpty();
    }

    @Test
    void what_keeps_someone_from_reading_a_page_is_found() {
        try (Person reader = Person.visiting(app)) {
            Page page = reader.opens("/jobs");
            page.evaluate("() => document.querySelector('label').remove()");
            assertThat(Axe.faultsOf(page)).singleElement().asString().startsWith("label: #id: ");
            page.evaluate("() => document.querySelector('h1').textContent = 'x'.repeat(1000)");
            page.evaluate("() => document.querySelector('h1').style.whiteSpace = 'nowrap'");
            assertThat((int) overflow(page)).isPositive();
        }
    }

    /** By how many pixels the page is wider than the screen, so that it has to be moved sideways to be read. */
    private static Object overflow(Page page) {
        return page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
    }
}
