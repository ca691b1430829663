package io.projectbeacon.runner.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.projectbeacon.runner.support.RunnerApp;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Someone who has just started the service and has read nothing. */
class FirstVisitTest {

    private RunnerApp app;

    @BeforeEach
    void start() {
        Chromium.shared();
        app = RunnerApp.fresh();
    }

    @AfterEach
    void stop() {
        if (app != null) {
            app.close();
        }
    }

    @Test
    void one_click_runs_the_example_and_links_lead_to_the_duplicate_that_was_stopped_and_why() {
        try (Person newcomer = Person.visiting(app)) {
            Page page = newcomer.opens("/");
            assertThat(page).hasURL(FormPage.URL);
            FormPage form = new FormPage(page);
            assertThat(form.plan()).containsText("4 named, 2 to run, 2 dropped as duplicates");
            assertThat(form.plan()).containsText("Simulated, costs nothing");

            form.run().click();
            assertThat(page).hasURL(JobPage.URL);
            JobPage job = new JobPage(page);
            job.is("completed");
            assertThat(job.matrix().getByRole(AriaRole.LINK, named(": completed$")))
                    .hasCount(2);

            job.region("What did not run twice")
                    .getByRole(AriaRole.LINK)
                    .first()
                    .click();
            assertThat(page.getByRole(AriaRole.MAIN))
                    .containsText(
                            Pattern.compile("its JobSpec named this cell 2 times; saved 1 call and about [\\d.]+ m?s"));
        }
    }

    private static Locator.GetByRoleOptions named(String pattern) {
        return new Locator.GetByRoleOptions().setName(Pattern.compile(pattern));
    }
}
