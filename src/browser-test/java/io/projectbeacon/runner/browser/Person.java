package io.projectbeacon.runner.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.ConsoleMessage;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import io.projectbeacon.runner.support.RunnerClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/**
 * Someone at a browser: with cookies of her own, and a note of all that her pages complained of. A script that fails, or
 * a policy that a page breaks, is seen nowhere else.
 */
final class Person implements AutoCloseable {

    /** Within the context only, so that it does not wait as long as the machine may be slow. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final BrowserContext context;
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    private Person(BrowserContext context) {
        this.context = context;
        context.setDefaultTimeout(PATIENCE.toMillis());
        context.onConsoleMessage(this::heard);
        context.onWebError(error -> complaints.add("script: " + error.error()));
    }

    /** Someone who visits the service. */
    static Person visiting(RunnerClient service) {
        return visiting(service, new Browser.NewContextOptions());
    }

    /** As above, with this preference for colours, on a screen of this width. */
    static Person visiting(RunnerClient service, ColorScheme colours, int width) {
        return visiting(
                service, new Browser.NewContextOptions().setColorScheme(colours).setViewportSize(width, 900));
    }

    private static Person visiting(RunnerClient service, Browser.NewContextOptions options) {
        return new Person(Chromium.shared()
                .newContext(
                        options.setBaseURL(service.base()).setLocale("en-GB").setTimezoneId("Asia/Kolkata")));
    }

    /** Opens a page in a new tab. */
    Page opens(String path) {
        Page page = context.newPage();
        page.navigate(path);
        return page;
    }

    List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** Takes it as said that the service is away, or that a page is not there. */
    void expectsFailedRequests() {
        complaints.removeIf(failedRequest());
    }

    private static Predicate<String> failedRequest() {
        return complaint -> complaint.contains("Failed to load resource") || complaint.contains("net::ERR_");
    }

    private void heard(ConsoleMessage message) {
        boolean policy = message.text().contains("Content Security Policy");
        if (message.type().equals("error") || policy) {
            complaints.add("%s: %s (%s)".formatted(message.type(), message.text(), message.location()));
        }
    }

    /** Fails when a page complained. */
    @Override
    public void close() {
        context.close();
        assertThat(complaints).as("what the pages complained of").isEmpty();
    }
}
