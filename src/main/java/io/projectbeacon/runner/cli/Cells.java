package io.projectbeacon.runner.cli;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Reads all cells of a job, page after page. Cells that were never claimed are not among them. */
final class Cells {

    private Cells() {}

    static List<JsonNode> of(Api api, String id) {
        List<JsonNode> cells = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = api.get(Api.job(id) + "/executions?limit=1000"
                            + (cursor.isEmpty() ? "" : "&cursor=" + Api.encoded(cursor)))
                    .json();
            cells.addAll(page.path("executions").values());
            cursor = page.path("next_cursor").asString("");
        } while (!cursor.isEmpty());
        return cells;
    }
}
