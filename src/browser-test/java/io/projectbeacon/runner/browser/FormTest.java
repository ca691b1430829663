package io.projectbeacon.runner.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.projectbeacon.runner.support.RunnerApp;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The form of a new job, by mouse and by keys alone. */
class FormTest {

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
    void the_plan_follows_the_form_and_a_fault_is_shown_at_its_place() {
        try (Person person = Person.visiting(app)) {
            Page page = person.opens("/new");
            FormPage form = new FormPage(page);
            page.getByLabel("us-west").check();
            assertThat(form.plan()).containsText("6 named, 3 to run, 3 dropped as duplicates");
            form.spec().fill("{\"models\": [\"a\", 7], \"regions\": [\"us-east\"]}");
            assertThat(form.plan()).containsText("/models/1");
            assertThat(form.spec()).hasAttribute("aria-invalid", "true");
        }
    }

    @Test
    void a_double_click_is_one_job() {
        try (Person person = Person.visiting(app)) {
            int before = jobs();
            Page page = person.opens("/new");
            new FormPage(page).run().dblclick();
            assertThat(page).hasURL(JobPage.URL);
            assertThat(jobs()).isEqualTo(before + 1);
        }
    }

    @Test
    void a_form_that_is_sent_again_is_the_same_job_and_says_so_and_a_changed_form_is_another() {
        try (Person person = Person.visiting(app)) {
            int before = jobs();
            Page page = person.opens("/new");
            FormPage form = new FormPage(page);
            String key = form.key().inputValue();
            form.run().click();
            assertThat(page).hasURL(JobPage.URL);

            openAsItWas(form, key);
            form.run().click();
            assertThat(page.getByRole(AriaRole.MAIN)).containsText("the job that was submitted before");
            assertThat(jobs()).isEqualTo(before + 1);

            openAsItWas(form, key);
            form.question().fill("Who else are you?");
            form.run().click();
            assertThat(page).hasURL(JobPage.URL);
            assertThat(jobs()).isEqualTo(before + 2);
        }
    }

    /** A form that a browser has kept, with the key of when it was opened; this one keeps none. */
    private static void openAsItWas(FormPage form, String key) {
        form.page().navigate("/new");
        form.key().evaluate("(field, key) => (field.value = key)", key);
    }

    private static int jobs() {
        return app.get("/api/v1/jobs?total=true").json().path("total").asInt();
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
