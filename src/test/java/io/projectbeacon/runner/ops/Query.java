package io.projectbeacon.runner.ops;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * An expression as it is sent to Prometheus, with Grafana's variables replaced by their defaults.
 *
 * @param where the file, and in it the rule, panel or variable
 * @param label the label whose values a dashboard's variable takes; empty otherwise
 */
record Query(String where, String expression, Kind kind, String label) {

    Query {
        expression = inSmallSteps(expression);
    }

    /** The same with a step of five seconds in each subquery: one of ten minutes may see nothing in a test. */
    static String inSmallSteps(String expressions) {
        return SUBQUERY_STEP.matcher(expressions).replaceAll("5s");
    }

    enum Kind {
        /** An alert, or a query in its description: no answer is its healthy state. */
        ALERT,
        RECORD,
        PANEL,
        VARIABLE
    }

    private static final Pattern SUBQUERY_STEP = Pattern.compile("(?<=\\[\\d{1,3}[smhd]:)\\d+[smhd](?=])");
    private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((.*), *(\\w+)\\)");

    /** The variables that Grafana computes itself, for a Prometheus that scrapes each second. */
    private static final Map<String, String> BUILT_IN =
            Map.of("__rate_interval", "1m", "__range", "5m", "__interval", "5s");

    static Stream<Query> all() {
        return Stream.concat(
                OpsFiles.rules().stream().flatMap(file -> ofRules(file).stream()),
                Dashboard.all().stream().flatMap(dashboard -> ofDashboard(dashboard).stream()));
    }

    private static List<Query> ofRules(Path file) {
        List<Query> found = new ArrayList<>();
        for (Object group : (List<?>) ((Map<?, ?>) OpsFiles.parse(file)).get("groups")) {
            for (Object node : (List<?>) ((Map<?, ?>) group).get("rules")) {
                Map<?, ?> rule = (Map<?, ?>) node;
                Kind kind = rule.containsKey("alert") ? Kind.ALERT : Kind.RECORD;
                String where = file.getFileName() + ", " + rule.get(kind == Kind.ALERT ? "alert" : "record");
                found.add(new Query(where, rule.get("expr").toString(), kind, ""));
                if (rule.get("annotations") instanceof Map<?, ?> annotations) {
                    annotations.forEach((name, text) -> OpsFiles.templateQueries(text.toString())
                            .forEach(query -> found.add(new Query(where + ", " + name, query, Kind.ALERT, ""))));
                }
            }
        }
        return found;
    }

    private static List<Query> ofDashboard(Dashboard dashboard) {
        Map<String, String> values = new HashMap<>(BUILT_IN);
        List<Query> found = new ArrayList<>();
        for (Map<?, ?> variable : dashboard.variables()) {
            String name = variable.get("name").toString();
            switch (variable.get("type").toString()) {
                case "query" -> {
                    Object all = variable.get("allValue");
                    values.put(name, all == null ? ".+" : all.toString());
                    String query =
                            ((Map<?, ?>) variable.get("query")).get("query").toString();
                    found.add(ofVariable(dashboard.name() + ", $" + name, PromQl.withValues(query, values)));
                }
                case "textbox", "constant" ->
                    values.put(name, variable.get("query").toString());
                default -> {}
            }
        }
        for (Map<?, ?> annotation : dashboard.annotations()) {
            found.add(new Query(
                    dashboard.name() + ", " + annotation.get("name"),
                    PromQl.withValues(annotation.get("expr").toString(), values),
                    Kind.PANEL,
                    ""));
        }
        for (Map<?, ?> panel : dashboard.panels()) {
            for (Map<?, ?> target : Dashboard.targets(panel)) {
                found.add(new Query(
                        dashboard.name() + ", " + panel.get("title") + ", " + target.get("refId"),
                        PromQl.withValues(target.get("expr").toString(), values),
                        Kind.PANEL,
                        ""));
            }
        }
        return found;
    }

    private static Query ofVariable(String where, String query) {
        Matcher values = LABEL_VALUES.matcher(query);
        if (!values.matches()) {
            throw new IllegalArgumentException(where + " is not label_values(series, label): " + query);
        }
        return new Query(where, values.group(1), Kind.VARIABLE, values.group(2));
    }

    @Override
    public String toString() {
        return where;
    }
}
