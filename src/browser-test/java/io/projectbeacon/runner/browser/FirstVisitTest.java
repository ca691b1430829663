package io.projectbeacon.runner.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

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

    @Test
    void the_plan_follows_the_form_and_a_fault_is_shown_at_its_place() {
        try (Person newcomer = Person.visiting(app)) {
            Page page = newcomer.opens("/new");
            FormPage form = new FormPage(page);
            page.getByLabel("us-west").check();
            assertThat(form.plan()).containsText("6 named, 3 to run, 3 dropped as duplicates");
            form.spec().fill("{\"models\": [\"a\", 7], \"regions\": [\"us-east\"]}");
            assertThat(form.plan()).containsText("/models/1");
            assertThat(form.spec()).hasAttribute("aria-invalid", "true");
        }
    }

    @Test
    void a_double_click_is_one_job_and_says_so_and_a_changed_form_is_another() {
        try (Person newcomer = Person.visiting(app)) {
            Page page = newcomer.opens("/new");
            FormPage form = new FormPage(page);
            form.run().dblclick();
            assertThat(page).hasURL(JobPage.URL);
            assertThat(jobs()).isEqualTo(1);

            page.goBack();
            form.run().click();
            assertThat(page.getByRole(AriaRole.MAIN)).containsText("the job that was submitted before");
            assertThat(jobs()).isEqualTo(1);

            page.goBack();
            form.question().fill("Who else are you?");
            form.run().click();
            assertThat(page).hasURL(JobPage.URL);
            assertThat(jobs()).isEqualTo(2);
        }
    }

    private static Locator.GetByRoleOptions named(String pattern) {
        return new Locator.GetByRoleOptions().setName(Pattern.compile(pattern));
    }

    private int jobs() {
        return app.get("/api/v1/jobs?total=true").json().path("total").asInt();
    }
}
