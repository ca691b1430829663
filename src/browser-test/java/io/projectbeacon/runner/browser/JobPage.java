package io.projectbeacon.runner.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import java.util.regex.Pattern;

/** The page of a job, as its reader finds things on it. */
record JobPage(Page page) {

    static final Pattern URL = Pattern.compile(".*/jobs/[^/#]+$");

    /** The cell in the matrix, once it stands so. */
    Locator cell(String region, String model, String status) {
        String name = "%s in %s: %s".formatted(model, region, status);
        return matrix().getByRole(
                        AriaRole.LINK,
                        new Locator.GetByRoleOptions().setName(name).setExact(true));
    }

    Locator matrix() {
        return region("Cells by model and region");
    }

    /** A part of the page by its title. */
    Locator region(String title) {
        return page.getByRole(
                AriaRole.REGION, new Page.GetByRoleOptions().setName(title).setExact(true));
    }

    Locator button(String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    /** Waits until the page says by itself that the job stands so. */
    void is(String status) {
        assertThat(page.getByRole(AriaRole.MAIN).locator(".state").first()).hasText(status);
    }
}
