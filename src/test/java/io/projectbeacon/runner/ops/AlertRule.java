package io.projectbeacon.runner.ops;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An alert as it stands in {@code ops/prometheus/rules}; {@code pending} is its {@code for}. */
record AlertRule(
        String group,
        String name,
        String expr,
        String pending,
        Map<String, String> labels,
        Map<String, String> annotations) {

    static List<AlertRule> all() {
        return OpsFiles.rules().stream()
                .flatMap(file -> groups(file).stream())
                .flatMap(AlertRule::of)
                .toList();
    }

    String severity() {
        return labels.getOrDefault("severity", "");
    }

    private static List<?> groups(Path file) {
        return (List<?>) ((Map<?, ?>) OpsFiles.parse(file)).get("groups");
    }

    private static Stream<AlertRule> of(Object group) {
        Map<?, ?> fields = (Map<?, ?>) group;
        return ((List<?>) fields.get("rules"))
                .stream()
                        .map(rule -> (Map<?, ?>) rule)
                        .filter(rule -> rule.containsKey("alert"))
                        .map(rule -> new AlertRule(
                                fields.get("name").toString(),
                                rule.get("alert").toString(),
                                rule.get("expr").toString().strip(),
                                rule.get("for").toString(),
                                strings(rule.get("labels")),
                                strings(rule.get("annotations"))));
    }

    private static Map<String, String> strings(Object node) {
        return ((Map<?, ?>) node)
                .entrySet().stream()
                        .collect(Collectors.toMap(
                                entry -> entry.getKey().toString(),
                                entry -> entry.getValue().toString()));
    }
}
