package io.projectbeacon.runner.browser;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Request;
import com.microsoft.playwright.Response;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The streams of events that a page holds open. A browser opens six connections to a service, for all its tabs together. */
final class Streams {

    private final Set<Request> open = ConcurrentHashMap.newKeySet();
    private final Page page;

    private Streams(Page page) {
        this.page = page;
        page.onResponse(this::answered);
        page.onRequestFinished(open::remove);
        page.onRequestFailed(open::remove);
    }

    /** Of what the page opens from now on. */
    static Streams of(Page page) {
        return new Streams(page);
    }

    void areOpen(int count) {
        page.waitForCondition(() -> open.size() == count);
    }

    private void answered(Response response) {
        if (response.headers().getOrDefault("content-type", "").startsWith("text/event-stream")) {
            open.add(response.request());
        }
    }
}
