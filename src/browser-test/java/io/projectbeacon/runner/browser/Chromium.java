package io.projectbeacon.runner.browser;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import io.projectbeacon.runner.support.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The machine's own Chromium, without a window, one for all tests of a JVM. Playwright's driver starts it and ends it, and
 * ends itself when the JVM does.
 */
final class Chromium {

    /** How long a page may take to show what it is waited for: two JVMs of tests share the machine with it. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private Chromium() {}

    /** Skips the test where no Chromium is installed. */
    static Browser shared() {
        Tools.assumeInstalled("chromium");
        return Started.browser;
    }

    private static final class Started {
        private static final Browser browser = launch();

        private static Browser launch() {
            PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE.toMillis());
            // Nothing is downloaded: neither Playwright's own browsers nor what a browser fetches for itself.
            Playwright playwright = Playwright.create(
                    new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
            return playwright
                    .chromium()
                    .launch(new BrowserType.LaunchOptions()
                            .setExecutablePath(program())
                            // Chromium refuses to run as root within its sandbox; it opens this service's pages only.
                            .setArgs(List.of(
                                    "--no-sandbox", "--disable-background-networking", "--disable-component-update")));
        }

        private static Path program() {
            return Arrays.stream(System.getenv("PATH").split(":"))
                    .map(folder -> Path.of(folder, "chromium"))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElseThrow();
        }
    }
}
