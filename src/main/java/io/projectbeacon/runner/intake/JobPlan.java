package io.projectbeacon.runner.intake;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a JobSpec would become, if it were submitted now as a new job.
 *
 * @param id as the document has it; null when it has none and one would be generated
 * @param cells how many would run
 * @param named how many the document names, those included that it repeats
 * @param duplicates how many of those would be dropped
 * @param droppedModels the models that it repeats, each once
 * @param droppedRegions the regions that it repeats, each once
 * @param calls one for each question of each cell
 * @param simulated whether the calls would be made up here, and cost nothing
 * @param leastSeconds the least time that the calls would take; null when it is not known
 */
public record JobPlan(
        @Nullable String id,
        List<String> models,
        List<String> regions,
        int cells,
        long named,
        long duplicates,
        List<String> droppedModels,
        List<String> droppedRegions,
        long calls,
        boolean simulated,
        @Nullable BigDecimal leastSeconds,
        List<String> warnings) {}
