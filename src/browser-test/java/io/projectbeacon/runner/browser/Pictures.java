package io.projectbeacon.runner.browser;

import com.microsoft.playwright.Page;
import java.nio.file.Path;

/** Pictures of the pages, to be looked at by people. */
final class Pictures {

    private static final Path FOLDER = Path.of("target", "screenshots");

    private Pictures() {}

    /** Keeps the whole page, whose end may be screens away; of the description of the API, which is endless, the first. */
    static void keep(Page page, String name) {
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(FOLDER.resolve(name + ".png"))
                .setFullPage(!name.startsWith("openapi")));
    }
}
