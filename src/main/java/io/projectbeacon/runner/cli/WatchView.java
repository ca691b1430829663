package io.projectbeacon.runner.cli;

import java.util.List;
import tools.jackson.databind.JsonNode;

/** Shows a job while it runs. */
interface WatchView {

    /** @param cells those that were claimed; none where the job has more than {@link Watch#MOST_CELLS} */
    void show(JsonNode job, List<JsonNode> cells);
}
