package io.projectbeacon.runner.browser;

import com.microsoft.playwright.Page;

/** Whether a tab is the one in front: without a window, Chromium takes each tab for visible. */
final class Tab {

    private static final String SHOWN = """
            state => {
              Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => state});
              Object.defineProperty(document, 'hidden', {configurable: true, get: () => state === 'hidden'});
              document.dispatchEvent(new Event('visibilitychange'));
            }
            """;

    private Tab() {}

    static void hide(Page page) {
        page.evaluate(SHOWN, "hidden");
    }

    static void show(Page page) {
        page.evaluate(SHOWN, "visible");
    }
}
