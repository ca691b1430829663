package io.projectbeacon.runner.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A service with keys: each person sees what her key is for, and nothing that she may not press. */
class LoginTest {

    private static RunnerApp app;

    @BeforeAll
    static void start() {
        Chromium.shared();
        app = RunnerApp.withCallers(
                TestServers.newDatabase(),
                TestServers.newRedisUrl(),
                List.of("--beacon.inference.simulated.latency=0ms"));
    }

    @AfterAll
    static void stop() {
        if (app != null) {
            app.close();
        }
    }

    @Test
    void a_viewer_logs_in_reads_finds_no_button_to_press_and_logs_out() {
        String id = app.as("acme", Role.SUBMITTER)
                .submit("{\"models\": [\"a\"], \"regions\": [\"us-east\"]}")
                .json()
                .path("id")
                .asString();
        try (Person viewer = Person.visiting(app)) {
            Page page = viewer.opens("/jobs/" + id);
            assertThat(page).hasURL(Pattern.compile(".*/login.*"));
            assertThat(Axe.faultsOf(page)).isEmpty();
            Pictures.keep(page, "login");
            login(page, "acme", Role.VIEWER);
            assertThat(page).hasURL(JobPage.URL);
            new JobPage(page).is("completed");
            assertThat(page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("New job")))
                    .hasCount(0);
            for (String forbidden : List.of("Cancel", "Retry", "Retry, unknown cells too")) {
                assertThat(new JobPage(page).button(forbidden)).hasCount(0);
            }
            logout(page).click();
            page.navigate("/jobs/" + id);
            assertThat(page).hasURL(Pattern.compile(".*/login.*"));
        }
    }

    @Test
    void a_wrong_key_is_told_so_and_another_caller_does_not_find_the_job() {
        String id = app.as("acme", Role.SUBMITTER)
                .submit("{\"models\": [\"a\"], \"regions\": [\"us-east\"]}")
                .json()
                .path("id")
                .asString();
        try (Person other = Person.visiting(app)) {
            Page page = other.opens("/login");
            page.getByLabel("Key").fill("bk_" + "0".repeat(64));
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Log in"))
                    .click();
            assertThat(page.getByRole(AriaRole.ALERT)).containsText("key");
            login(page, "zeta", Role.SUBMITTER);
            page.navigate("/jobs/" + id);
            assertThat(page.getByRole(AriaRole.MAIN)).containsText("no job");
            other.expectsFailedRequests();
        }
    }

    private static void login(Page page, String caller, Role role) {
        page.getByLabel("Key").fill(RunnerApp.keyOf(caller, role)[1]);
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Log in"))
                .click();
        assertThat(logout(page)).isVisible();
    }

    private static Locator logout(Page page) {
        return page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Log out"));
    }
}
