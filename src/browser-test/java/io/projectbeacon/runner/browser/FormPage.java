package io.projectbeacon.runner.browser;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import java.util.regex.Pattern;

/** The form of a new job, as its reader finds things on it. */
record FormPage(Page page) {

    static final Pattern URL = Pattern.compile(".*/new$");

    Locator run() {
        return page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Run this job"));
    }

    Locator question() {
        return page.getByLabel("Question");
    }

    Locator spec() {
        return page.getByLabel(Pattern.compile("^JobSpec"));
    }

    /** Names the job; nobody sees it. */
    Locator key() {
        return page.locator("input[name=key]");
    }

    Locator plan() {
        return page.getByRole(AriaRole.REGION, new Page.GetByRoleOptions().setName("The plan"));
    }
}
