package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.support.Browser;
import io.projectbeacon.runner.support.RunnerApp;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;

/** A browser without JavaScript that reads what it is given, and sends the forms that it finds there. */
final class FormBrowser {

    /** A page as text, and as a browser reads it. */
    record Page(Browser.Page answer, Document html) {

        static Page of(Browser.Page answer) {
            return new Page(answer, Jsoup.parse(answer.body()));
        }

        int status() {
            return answer.status();
        }

        String body() {
            return answer.body();
        }

        /** The text of what matches. */
        String text(String selector) {
            return html.select(selector).text();
        }

        /** An attribute of the first element that matches. */
        String attribute(String selector, String name) {
            return html.select(selector).attr(name);
        }
    }

    private final Browser browser;
    private final String[] headers;

    private FormBrowser(String base, String... headers) {
        this.browser = new Browser(base);
        this.headers = headers;
    }

    /** Of a service without keys. */
    static FormBrowser of(RunnerApp app) {
        return new FormBrowser(app.base());
    }

    /** That sends the key of a caller, so that its forms need no token. */
    static FormBrowser as(RunnerApp app, String caller, Role role) {
        return new FormBrowser(app.base(), RunnerApp.keyOf(caller, role));
    }

    Page get(String path) {
        return Page.of(browser.get(path, headers));
    }

    /** Sends an empty form that no page has, without a token. */
    Page post(String path) {
        return Page.of(browser.postWithoutToken(path, Map.of(), headers));
    }

    /** Sends the form of the button with this id, and goes where the answer leads. */
    Page press(Page page, String button) {
        Element form = page.html().getElementById(button).closest("form");
        Map<String, String> fields = new LinkedHashMap<>();
        form.select("input[name]").forEach(input -> fields.put(input.attr("name"), input.attr("value")));
        Browser.Page sent = browser.postWithoutToken(form.attr("action"), fields, headers);
        return sent.status() == 303 ? get(sent.location()) : Page.of(sent);
    }
}
