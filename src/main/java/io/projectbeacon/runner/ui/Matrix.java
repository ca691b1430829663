package io.projectbeacon.runner.ui;

import io.projectbeacon.runner.execution.MatrixReader.Box;
import io.projectbeacon.runner.execution.MatrixReader.Margins;
import io.projectbeacon.runner.execution.MatrixReader.Sums;
import io.projectbeacon.runner.job.JobView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The cells of a job: a row for each model, a column for each region.
 *
 * @param hasBoxes whether the cells themselves are shown; otherwise only the margins are
 */
record Matrix(boolean hasBoxes, List<Line> regions, List<Line> models) {

    /** Among more cells than this, a reader does not find one by looking, and a browser would draw for seconds. */
    static final int MOST_BOXES = 2_000;

    /** A model with its cells, or a region, whose cells stand in the models' lines. */
    record Line(String name, String link, Margin margin, List<Square> squares) {}

    /**
     * A place of the matrix.
     *
     * @param key names it on the page
     * @param status null where the job has no cell
     * @param label what it is, for a reader that sees no column and row
     */
    record Square(String key, @Nullable String status, String link, String label, boolean flagged) {

        private static final Square NONE = new Square("", null, "", "", false);
    }

    static boolean hasBoxes(JobView job) {
        return job.cells().total() <= MOST_BOXES;
    }

    /**
     * Draws the matrix.
     *
     * @param regionsOfModels which cells the job has; empty when that is not known
     * @param boxes the claimed cells; none when the job has too many
     */
    static Matrix of(
            JobView job, Map<String, Set<String>> regionsOfModels, List<Box> boxes, Margins margins, JobLinks links) {
        return new Drawing(job, regionsOfModels, boxes, margins, links).matrix();
    }

    private static final class Drawing {

        private final JobView job;
        private final Map<String, Set<String>> regionsOfModels;
        private final Map<List<String>, Box> claimed = new HashMap<>();
        private final Margins margins;
        private final JobLinks links;

        Drawing(
                JobView job,
                Map<String, Set<String>> regionsOfModels,
                List<Box> boxes,
                Margins margins,
                JobLinks links) {
            this.job = job;
            this.regionsOfModels = regionsOfModels;
            this.margins = margins;
            this.links = links;
            boxes.forEach(box -> claimed.put(List.of(box.modelId(), box.region()), box));
        }

        Matrix matrix() {
            List<Line> regions = new ArrayList<>();
            for (String region : job.regions()) {
                Sums sums = margins.regions().getOrDefault(region, Sums.NONE);
                regions.add(new Line(region, links.region(region), Margin.of(sums, allOf(region, sums)), List.of()));
            }
            List<Line> models = new ArrayList<>();
            for (String model : job.models()) {
                Sums sums = margins.models().getOrDefault(model, Sums.NONE);
                models.add(new Line(
                        model,
                        links.model(model),
                        Margin.of(sums, allOf(sums, regionsOfModels.get(model))),
                        hasBoxes(job) ? squares(models.size(), model) : List.of()));
            }
            return new Matrix(hasBoxes(job), regions, models);
        }

        private int allOf(String region, Sums sums) {
            return regionsOfModels.isEmpty()
                    ? sums.claimed()
                    : Math.toIntExact(regionsOfModels.values().stream()
                            .filter(regions -> regions.contains(region))
                            .count());
        }

        private static int allOf(Sums sums, @Nullable Set<String> regions) {
            return regions == null ? sums.claimed() : regions.size();
        }

        private List<Square> squares(int row, String model) {
            List<Square> squares = new ArrayList<>();
            for (String region : job.regions()) {
                squares.add(square("cell-" + row + "-" + squares.size(), model, region));
            }
            return squares;
        }

        private Square square(String key, String model, String region) {
            Box box = claimed.get(List.of(model, region));
            if (box == null && !regionsOfModels.getOrDefault(model, Set.of()).contains(region)) {
                return Square.NONE;
            }
            String status = box == null ? "pending" : box.status().wireName();
            boolean flagged = box != null && box.flagged();
            return new Square(
                    key,
                    status,
                    links.cell(region, model),
                    model + " in " + region + ": " + status + (flagged ? ", flagged" : ""),
                    flagged);
        }
    }
}
