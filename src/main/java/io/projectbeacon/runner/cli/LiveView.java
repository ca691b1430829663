package io.projectbeacon.runner.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** A progress bar, and the matrix of regions and models, drawn again in place. */
final class LiveView implements WatchView {

    private static final int BAR = 24;
    private static final int LONGEST_MODEL = 32;

    /** The bar, the heading, and the row of the cursor. */
    private static final int OTHER_ROWS = 4;

    private static final Map<String, String> SYMBOLS =
            Map.of("completed", "✓", "failed", "✗", "unknown", "?", "cancelled", "–", "running", "●");

    private final Screen screen;
    private final Screen.Terminal terminal;

    LiveView(Screen screen, Screen.Terminal terminal) {
        this.screen = screen;
        this.terminal = terminal;
    }

    @Override
    public void show(JsonNode job, List<JsonNode> cells) {
        List<String> lines = new ArrayList<>();
        lines.add(bar(job));
        lines.addAll(matrix(job, cells));
        screen.draw(terminal, lines);
    }

    private static String bar(JsonNode job) {
        long total = Math.max(1, job.at("/cells/total").asLong(0));
        long ended = total
                - job.at("/cells/pending").asLong(0)
                - job.at("/cells/running").asLong(0);
        int filled = Math.clamp(ended * BAR / total, 0, BAR);
        return "█".repeat(filled) + "░".repeat(BAR - filled) + " " + ended + "/" + total + "  " + JobText.summary(job);
    }

    private List<String> matrix(JsonNode job, List<JsonNode> cells) {
        if (Watch.isTooLarge(job)) {
            return List.of();
        }
        Map<List<String>, String> status = new HashMap<>();
        for (JsonNode cell : cells) {
            status.put(
                    List.of(JobText.text(cell, "region"), JobText.text(cell, "model_id")),
                    JobText.text(cell, "status"));
        }
        List<String> regions = names(job, "regions");
        List<String> models = names(job, "models");
        List<List<String>> rows = new ArrayList<>();
        List<String> heading = new ArrayList<>(List.of(""));
        heading.addAll(regions);
        rows.add(heading);
        int shown = Math.min(models.size(), Math.max(0, terminal.rows() - OTHER_ROWS));
        for (String model : models.subList(0, shown)) {
            List<String> row = new ArrayList<>(List.of(Screen.cut(model, LONGEST_MODEL)));
            for (String region : regions) {
                row.add(SYMBOLS.getOrDefault(status.getOrDefault(List.of(region, model), ""), "·"));
            }
            rows.add(row);
        }
        List<String> lines = new ArrayList<>(Screen.columns(rows));
        if (shown < models.size()) {
            lines.add("… and " + (models.size() - shown) + " more models");
        }
        return lines;
    }

    private static List<String> names(JsonNode job, String field) {
        return job.path(field).values().stream().map(name -> name.asString("")).toList();
    }
}
