package io.projectbeacon.runner.jobspec;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks that each model has a region and each region a model, and that their numbers are within the limits. */
final class CellChecks {

    private CellChecks() {}

    /** Checks the numbers of distinct models and regions. */
    static void checkSizes(
            Fields spec, ModelTable models, @Nullable NamedRegions ofJob, CellTable cells, Limits limits) {
        int modelCount = models.models().size();
        if (modelCount > limits.models()) {
            spec.findings()
                    .fault(models.at(), "names %d different models; at most %d".formatted(modelCount, limits.models()));
        }
        int regionCount = cells.regions().size();
        if (regionCount > limits.regions()) {
            Pointer at = ofJob == null ? models.at() : ofJob.at();
            spec.findings()
                    .fault(at, "names %d different regions; at most %d".formatted(regionCount, limits.regions()));
        }
    }

    /** Checks models and regions against each other, which is of use only when neither has a fault of its own. */
    static void checkCells(
            Fields spec, ModelTable models, @Nullable NamedRegions ofJob, CellTable cells, int mostCells) {
        Set<String> covered = new HashSet<>();
        long count = 0;
        for (NamedModel model : models.models()) {
            List<String> regions = cells.regionsOf(model);
            count += regions.size();
            covered.addAll(regions);
            if (regions.isEmpty()) {
                spec.findings().fault(model.at(), leftAlone(model, ofJob));
            } else if (ofJob != null
                    && !ofJob.byName().keySet().containsAll(model.own().keySet())) {
                spec.findings()
                        .warn("model %s has regions that the job has not; it does not run there"
                                .formatted(Quoted.text(model.id())));
            }
        }
        if (ofJob != null) {
            ofJob.byName().forEach((region, naming) -> {
                if (!covered.contains(region)) {
                    spec.findings().fault(ofJob.at().item(naming.first()), "no model runs in region " + region);
                }
            });
        }
        if (count > mostCells) {
            spec.findings().fault(spec.at(), "names %d different cells; at most %d".formatted(count, mostCells));
        }
    }

    private static String leftAlone(NamedModel model, @Nullable NamedRegions ofJob) {
        String why = ofJob == null ? "neither it nor the job has regions" : "none of its regions is one of the job's";
        return "model %s is left with no region: %s".formatted(Quoted.text(model.id()), why);
    }
}
