package io.projectbeacon.runner.ui;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The cells of a job that were asked for, without their answers.
 *
 * @param title what they are
 * @param next the link to the next page; null on the last one
 */
record CellList(String title, List<Item> items, @Nullable String next) {

    /**
     * A cell.
     *
     * @param status null when it was never claimed
     * @param why it has no answer, or what was stopped
     */
    record Item(
            String modelId,
            String region,
            String link,
            @Nullable String status,
            boolean flagged,
            String attempts,
            String took,
            String why) {}
}
