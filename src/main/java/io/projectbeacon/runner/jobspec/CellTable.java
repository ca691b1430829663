package io.projectbeacon.runner.jobspec;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The cells that a document names, and how often it names each.
 *
 * <p><b>The count.</b> How often one entry of the array of models names the cell (its id, a region):
 *
 * <ul>
 *   <li>The job has an array of regions: as often as the job's array has the region. If the entry has an array of its
 *       own, that number times how often the entry's array has it, so a region that is not in both is not named.
 *   <li>The job has none: as often as the entry's own array has the region; an entry without an array names no cell.
 * </ul>
 *
 * <p>A cell that the entries of its id name k times in all has k − 1 duplicates. Aliases and ids are brought to one
 * spelling before the count.
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

    /** The job's regions in which the document names the model, in the job's order. */
    List<String> regionsOf(NamedModel model) {
        return regions.stream().filter(region -> times(model, region) > 0).toList();
    }

    /** The distinct cells, model by model. */
    List<SpecCell> cells() {
        List<SpecCell> cells = new ArrayList<>();
        for (NamedModel model : models) {
            regionsOf(model).forEach(region -> cells.add(new SpecCell(region, model.id())));
        }
        return cells;
    }

    /** The repetitions that {@link #cells()} leaves out, by cell. */
    List<CellDuplicates> duplicates() {
        List<CellDuplicates> duplicates = new ArrayList<>();
        for (NamedModel model : models) {
            for (String region : regions) {
                long times = times(model, region);
                if (times > 1) {
                    duplicates.add(new CellDuplicates(new SpecCell(region, model.id()), times - 1));
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
