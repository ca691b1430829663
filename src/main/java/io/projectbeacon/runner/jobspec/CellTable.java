package io.projectbeacon.runner.jobspec;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which cells a document names, and how often.
 *
 * <p><b>The count.</b> An entry of the array of models names a cell (its id, a region) as often as the job's array of
 * regions has that region; if the entry has an array of its own, that number times how often its own array has the
 * region, so that a region which is not in both is not named. Without an array of the job, an entry with its own names
 * a cell as often as its own array has the region, and an entry without one names nothing. What the entries of one id
 * name adds up to k, and the cell has k − 1 duplicates. All of it after aliases and ids are brought to one spelling.
 */
final class CellTable {

    private final Collection<NamedModel> models;
    private final @Nullable NamedRegions ofJob;
    private final List<String> regions;

    /**
     * Pairs models with regions.
     *
     * @param ofJob the job's array, when it has one
     */
    CellTable(ModelTable models, @Nullable NamedRegions ofJob) {
        this.models = models.models();
        this.ofJob = ofJob;
        Set<String> names = ofJob == null ? models.ownRegions() : ofJob.byName().keySet();
        this.regions = List.copyOf(names);
    }

    /** The job's distinct regions, in order of first appearance; without an array of the job, those of the models. */
    List<String> regions() {
        return regions;
    }

    /** Those of the job's regions in which the model runs, in the job's order. */
    List<String> regionsOf(NamedModel model) {
        return regions.stream().filter(region -> times(model, region) > 0).toList();
    }

    /** The distinct cells, model by model. */
    List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        for (NamedModel model : models) {
            regionsOf(model).forEach(region -> cells.add(new Cell(region, model.id())));
        }
        return cells;
    }

    /** What {@link #cells()} leaves out. */
    List<CellDuplicates> duplicates() {
        List<CellDuplicates> duplicates = new ArrayList<>();
        for (NamedModel model : models) {
            for (String region : regions) {
                long times = times(model, region);
                if (times > 1) {
                    duplicates.add(new CellDuplicates(new Cell(region, model.id()), times - 1));
                }
            }
        }
        return duplicates;
    }

    /** How often the document names the cell. */
    long times(NamedModel model, String region) {
        long own = model.own().getOrDefault(region, 0L);
        return ofJob == null ? own : ofJob.times(region) * (model.unrestricted() + own);
    }
}
