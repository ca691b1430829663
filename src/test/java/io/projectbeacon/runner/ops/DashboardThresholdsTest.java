package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A line on a panel stands where an alert begins that the panel names, and the panel shows what that alert compares. */
class DashboardThresholdsTest {

    private static final Pattern CLAUSE = Pattern.compile("\\s+(?:and|or|unless)\\s+");
    private static final Pattern COMPARISON = Pattern.compile("(?s)(.+?)\\s>=?\\s([0-9.]+)\\s*");

    /** What an alert compares with which number. */
    record Comparison(AlertRule alert, String expression, double number) {

        static Stream<Comparison> of(AlertRule alert) {
            return CLAUSE.splitAsStream(alert.expr())
                    .map(COMPARISON::matcher)
                    .filter(Matcher::matches)
                    .map(clause -> new Comparison(alert, plain(clause.group(1)), Double.parseDouble(clause.group(2))));
        }
    }

    record Panel(Map<?, ?> fields) {

        static Stream<Panel> withLines() {
            return Dashboard.all().stream()
                    .flatMap(dashboard -> dashboard.panels().stream())
                    .filter(Dashboard::drawsThresholds)
                    .map(Panel::new);
        }

        boolean names(AlertRule alert) {
            return Pattern.compile("\\b" + alert.name() + "\\b")
                    .matcher(fields.get("description").toString())
                    .find();
        }

        boolean shows(Comparison comparison) {
            return Dashboard.targets(fields).stream()
                    .anyMatch(target -> plain(target.get("expr").toString()).contains(comparison.expression()));
        }

        @Override
        public String toString() {
            return fields.get("title").toString();
        }
    }

    static Stream<Panel> panels() {
        return Panel.withLines();
    }

    @ParameterizedTest
    @MethodSource("panels")
    void aLineStandsWhereAnAlertBegins(Panel panel) {
        List<Double> begins = AlertRule.all().stream()
                .filter(panel::names)
                .flatMap(Comparison::of)
                .filter(panel::shows)
                .map(Comparison::number)
                .toList();
        assertThat(Dashboard.thresholds(panel.fields())).isNotEmpty().isSubsetOf(begins);
    }

    /** What no line on a panel would show, each with the reason. */
    private static final Map<String, String> NOT_DRAWN = Map.of(
            "RegionDown", "it counts windows; the share by region is drawn",
            "ApiDown", "the same share as that of ApiFails, over five minutes",
            "VersionsDiffer", "it counts versions, each of which is drawn");

    /** But for what is only to be read when there is time. */
    @Test
    void whatAnAlertComparesWithANumberIsDrawn() {
        assertThat(AlertRule.all().stream().flatMap(Comparison::of))
                .filteredOn(comparison -> comparison.number() > 0)
                .filteredOn(comparison -> !comparison.alert().severity().equals("info")
                        && !NOT_DRAWN.containsKey(comparison.alert().name()))
                .isNotEmpty()
                .allSatisfy(comparison -> assertThat(Panel.withLines().filter(panel -> panel.names(comparison.alert())))
                        .isNotEmpty());
    }

    /** An expression without the matchers of a dashboard's variables, without the namespace, and without spaces. */
    private static String plain(String expression) {
        return expression
                .replaceAll("\\w+=~\"\\$\\w+\",?", "")
                .replaceAll("\\{([^}]*),}", "{$1}")
                .replace("{}", "")
                .replaceAll("\\s+", "")
                .replace("by(namespace)", "")
                .replace("(namespace,", "(")
                .replace(",namespace)", ")");
    }
}
