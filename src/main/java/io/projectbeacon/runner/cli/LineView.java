package io.projectbeacon.runner.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** One line for each change: for logs, and for programs that read them. */
final class LineView implements WatchView {

    private final Screen screen;
    private final Map<List<String>, String> seen = new HashMap<>();
    private String before = "";

    LineView(Screen screen) {
        this.screen = screen;
    }

    @Override
    public void show(JsonNode job, List<JsonNode> cells) {
        for (JsonNode cell : cells) {
            List<String> place = List.of(JobText.text(cell, "region"), JobText.text(cell, "model_id"));
            String status = JobText.text(cell, "status");
            if (!status.equals(seen.put(place, status))) {
                screen.line(JobText.cell(cell));
            }
        }
        String now = cells.isEmpty() || Watch.hasEnded(job) ? JobText.summary(job) : JobText.text(job, "status");
        if (!now.equals(before)) {
            before = now;
            screen.line(JobText.summary(job));
        }
    }
}
