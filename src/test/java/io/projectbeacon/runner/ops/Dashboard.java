package io.projectbeacon.runner.ops;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** One of our Grafana dashboards, by the parts that Grafana acts on. */
record Dashboard(String name, Map<?, ?> root) {

    static Dashboard read(Path file) {
        return new Dashboard(file.getFileName().toString(), (Map<?, ?>) OpsFiles.parse(file));
    }

    static List<Dashboard> all() {
        return OpsFiles.dashboards().stream().map(Dashboard::read).toList();
    }

    /** Everything with a position of its own on the dashboard, rows included. */
    List<Map<?, ?>> placed() {
        List<Map<?, ?>> found = new ArrayList<>();
        for (Map<?, ?> panel : maps(root.get("panels"))) {
            found.add(panel);
            found.addAll(maps(panel.get("panels")));
        }
        return found;
    }

    /** The panels that show data: all but rows. */
    List<Map<?, ?>> panels() {
        return placed().stream()
                .filter(panel -> !"row".equals(panel.get("type")))
                .toList();
    }

    List<Map<?, ?>> variables() {
        return maps(((Map<?, ?>) root.get("templating")).get("list"));
    }

    List<Map<?, ?>> annotations() {
        return maps(((Map<?, ?>) root.get("annotations")).get("list"));
    }

    /** Every expression that is sent to Prometheus: of panels, annotations and variables, with Grafana's variables in it. */
    List<String> expressions() {
        List<String> found = new ArrayList<>();
        panels().forEach(panel ->
                targets(panel).forEach(target -> found.add(target.get("expr").toString())));
        annotations().forEach(annotation -> found.add(annotation.get("expr").toString()));
        for (Map<?, ?> variable : variables()) {
            if (variable.get("query") instanceof Map<?, ?> query) {
                found.add(query.get("query").toString());
            }
        }
        return found;
    }

    /** What stands at the top, and in each row that is folded away: each shares its space with its own neighbours only. */
    List<List<Map<?, ?>>> layers() {
        List<List<Map<?, ?>>> found = new ArrayList<>();
        found.add(maps(root.get("panels")));
        maps(root.get("panels")).forEach(panel -> found.add(maps(panel.get("panels"))));
        return found;
    }

    static List<Map<?, ?>> targets(Map<?, ?> panel) {
        return maps(panel.get("targets"));
    }

    /** What a panel's fields have in common, such as their unit. */
    static Map<?, ?> defaults(Map<?, ?> panel) {
        return (Map<?, ?>) ((Map<?, ?>) panel.get("fieldConfig")).get("defaults");
    }

    /** Whether a graph draws its thresholds as lines. */
    static boolean drawsThresholds(Map<?, ?> panel) {
        return defaults(panel).get("custom") instanceof Map<?, ?> custom && custom.containsKey("thresholdsStyle");
    }

    /** The values at which the colour changes, but for the lowest, which is everything below. */
    static List<Double> thresholds(Map<?, ?> panel) {
        return maps(((Map<?, ?>) defaults(panel).get("thresholds")).get("steps")).stream()
                .filter(step -> step.get("value") != null)
                .map(step -> ((Number) step.get("value")).doubleValue())
                .toList();
    }

    /** The URLs of all links, of the dashboard and of its panels. */
    List<String> urls() {
        List<String> found = new ArrayList<>();
        collectUrls(root, found);
        return found;
    }

    private static void collectUrls(Object node, List<String> found) {
        switch (node) {
            case Map<?, ?> map -> {
                if (map.get("url") instanceof String url) {
                    found.add(url);
                }
                map.values().stream().filter(Objects::nonNull).forEach(value -> collectUrls(value, found));
            }
            case List<?> list -> list.forEach(element -> collectUrls(element, found));
            default -> {}
        }
    }

    private static List<Map<?, ?>> maps(Object list) {
        List<Map<?, ?>> found = new ArrayList<>();
        if (list instanceof List<?> elements) {
            elements.forEach(element -> found.add((Map<?, ?>) element));
        }
        return found;
    }

    @Override
    public String toString() {
        return name;
    }
}
