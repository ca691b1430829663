package io.projectbeacon.runner.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.projectbeacon.runner.support.RunnerApp;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Someone without a mouse. */
class KeyboardTest {

    /** More elements than a page has that can have the focus. */
    private static final int ENOUGH = 60;

    private static RunnerApp app;

    @BeforeAll
    static void start() {
        Chromium.shared();
        app = RunnerApp.fresh("--beacon.inference.simulated.latency=0ms");
    }

    @AfterAll
    static void stop() {
        if (app != null) {
            app.close();
        }
    }

    @Test
    void by_keys_alone_a_job_is_run_its_cell_is_read_and_the_way_back_is_found() {
        try (Person person = Person.visiting(app)) {
            Page page = person.opens("/new");
            page.keyboard().press("Tab");
            Locator skip =
                    page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName(Pattern.compile("^Skip to")));
            assertThat(skip).isFocused();
            assertThat(skip).isInViewport();
            page.keyboard().press("Enter");

            // Behind the navigation: a skip link that skips nothing would lead to it first.
            page.keyboard().press("Tab");
            assertThat(page.getByRole(AriaRole.MAIN).locator(":focus")).hasCount(1);
            tabTo(page, new FormPage(page).run());
            page.keyboard().press("Enter");
            assertThat(page).hasURL(JobPage.URL);

            JobPage job = new JobPage(page);
            job.is("completed");
            Locator cell = job.matrix()
                    .getByRole(AriaRole.LINK, new Locator.GetByRoleOptions().setName(Pattern.compile(": completed$")))
                    .first();
            tabTo(page, cell);
            page.keyboard().press("Enter");
            assertThat(page).hasURL(Pattern.compile(".*[?&]model_id=.*"));
            assertThat(page.getByRole(AriaRole.MAIN)).containsText("Finish reason");
            // The key for it is the browser's own, which has no window here.
            page.goBack();
            assertThat(page).hasURL(JobPage.URL);
        }
    }

    private static void tabTo(Page page, Locator wanted) {
        for (int press = 0; press < ENOUGH; press++) {
            page.keyboard().press("Tab");
            if ((boolean) wanted.evaluate("element => element === document.activeElement")) {
                return;
            }
        }
        throw new AssertionError("The focus does not come to " + wanted);
    }
}
