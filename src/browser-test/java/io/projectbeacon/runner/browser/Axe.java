package io.projectbeacon.runner.browser;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.microsoft.playwright.Page;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;

/** What axe-core finds on a page that keeps someone from using it, by WCAG 2.2 AA as far as a program can tell. */
final class Axe {

    private static final String SCRIPT = script();

    private static final String RUN = """
            async rules => {
              const wcag = {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']};
              const runOnly = rules.length === 0 ? wcag : {type: 'rule', values: rules};
              const found = await axe.run(document, {runOnly, resultTypes: ['violations']});
              return found.violations.flatMap(rule => rule.nodes.map(node =>
                  `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary.replace(/\\s+/g, ' ')}`));
            }
            """;

    private Axe() {}

    /**
     * Each as the rule, the element, and what to do about it.
     *
     * @param rules the only ones that are looked at; all of WCAG 2.2 AA when none is given
     */
    @SuppressWarnings("unchecked")
    static List<String> faultsOf(Page page, String... rules) {
        page.evaluate(SCRIPT);
        return (List<String>) page.evaluate(RUN, List.of(rules));
    }

    private static String script() {
        try (InputStream script = Axe.class.getResourceAsStream("/axe.min.js")) {
            return new String(Objects.requireNonNull(script).readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
