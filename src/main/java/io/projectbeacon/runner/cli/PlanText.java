package io.projectbeacon.runner.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Says in words what a JobSpec would become. */
final class PlanText {

    private PlanText() {}

    static List<String> of(JsonNode plan) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("cells", String.valueOf(plan.path("cells").asLong(0))));
        rows.add(List.of("duplicates", plan.path("duplicates").asLong(0) + " dropped" + dropped(plan)));
        rows.add(List.of(
                "calls",
                plan.path("calls").asLong(0) + (plan.path("simulated").asBoolean(false) ? ", simulated" : "")));
        rows.add(List.of(
                "least time",
                plan.path("least_seconds").isNumber()
                        ? plan.path("least_seconds").decimalValue().toPlainString() + " s"
                        : "not known"));
        return Stream.concat(Screen.columns(rows).stream(), JobText.notes(plan).stream())
                .toList();
    }

    private static String dropped(JsonNode plan) {
        String names = Stream.of("dropped_models", "dropped_regions")
                .flatMap(field -> plan.path(field).values().stream())
                .map(name -> name.asString(""))
                .collect(Collectors.joining(", "));
        return names.isEmpty() ? "" : ": " + names;
    }
}
