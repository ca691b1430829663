package io.projectbeacon.runner.ops;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads PromQL expressions without asking Prometheus. */
final class PromQl {

    private static final Pattern STRING = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*'|`[^`]*`");
    private static final Pattern SELECTOR =
            Pattern.compile("[a-zA-Z_:][\\w:]*\\{(?:" + STRING.pattern() + "|[^}\"'`])*}");
    private static final Pattern COMMENT = Pattern.compile("#[^\n]*");
    private static final Pattern LABELS = Pattern.compile("\\{[^}]*}");
    private static final Pattern RANGE = Pattern.compile("\\[[^]]*]");
    private static final Pattern GROUPING =
            Pattern.compile("\\b(by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)");
    private static final Pattern NAME = Pattern.compile("(?<![\\w:.])[a-zA-Z_:][\\w:]*(?![\\w:])(?!\\s*\\()");
    private static final Set<String> WORDS =
            Set.of("and", "or", "unless", "bool", "offset", "atan2", "group_left", "group_right", "inf", "nan");
    private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)(?::\\w+)?}|([a-z_]\\w*))");

    private PromQl() {}

    /** The metrics that an expression reads. */
    static Set<String> metrics(String expression) {
        String bare = STRING.matcher(expression).replaceAll("\"\"");
        for (Pattern other : new Pattern[] {COMMENT, LABELS, RANGE, GROUPING}) {
            bare = other.matcher(bare).replaceAll(" ");
        }
        Set<String> names = new TreeSet<>();
        NAME.matcher(bare).results().map(MatchResult::group).forEach(names::add);
        names.removeIf(name -> WORDS.contains(name.toLowerCase(Locale.ROOT)));
        return names;
    }

    /** The parts of an expression that name a metric and some of its labels, such as {@code up{job="a"}}. */
    static List<String> selectors(String expression) {
        return SELECTOR.matcher(expression)
                .results()
                .map(MatchResult::group)
                .distinct()
                .toList();
    }

    /** The metrics that an expression reads without asking for a label by this matcher. */
    static Set<String> metricsWithout(String matcher, String expression) {
        return metrics(SELECTOR.matcher(expression)
                .replaceAll(selector -> selector.group().contains(matcher) ? "1" : "$0"));
    }

    /** Puts values in the place of Grafana's variables, which must all be known. */
    static String withValues(String expression, Map<String, String> values) {
        return VARIABLE.matcher(expression).replaceAll(use -> {
            String name = use.group(1) == null ? use.group(2) : use.group(1);
            String value = values.get(name);
            if (value == null) {
                throw new IllegalArgumentException("no value for $" + name + " in " + expression);
            }
            return Matcher.quoteReplacement(value);
        });
    }
}
