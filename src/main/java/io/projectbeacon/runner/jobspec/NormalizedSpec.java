package io.projectbeacon.runner.jobspec;

import io.projectbeacon.runner.domain.OnUnknown;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A JobSpec that has been read. The caller may store its two trees, but must not change them.
 *
 * @param id the client's id; null when the client gave none
 * @param received the JobSpec as received, without the portal's wrapper; unknown fields and decimals are intact. It
 *     must not be converted to {@code double} or {@code jsonb} on its way, since they refuse {@code 1e1000000}
 * @param content the document in its normal form, on which "the same JobSpec again" is decided; see {@link SpecContent}
 * @param contentBefore the normal form that the first versions wrote of the document, where it is another one
 * @param models the distinct model ids, in order of first appearance
 * @param regions the distinct regions, in order of first appearance; each has a cell
 * @param cells the distinct cells, model by model and within one in the order of {@code regions}
 * @param priority -100 to 100; higher goes first
 * @param onUnknown what happens to a cell whose call has an unknown outcome
 * @param timeout how long the job may take from its start, in whole milliseconds, 1 ms to 7 days; null for the default
 * @param minSuccessRate the share of completed cells, 0 to 1, at which the job counts as completed; null for all
 * @param warnings what the reader decided on the client's behalf, as text for people
 * @param namedModels how many entries the document's array of models has
 * @param droppedModels the model id of each entry that repeats an earlier one
 * @param droppedRegions the region of each entry that repeats an earlier one of its list, be it the job's or a model's
 * @param duplicates the cells that are named more than once; see {@link CellTable}
 */
public record NormalizedSpec(
        @Nullable String id,
        ObjectNode received,
        ObjectNode content,
        @Nullable ObjectNode contentBefore,
        List<String> models,
        List<String> regions,
        List<SpecCell> cells,
        int priority,
        OnUnknown onUnknown,
        @Nullable Duration timeout,
        @Nullable BigDecimal minSuccessRate,
        List<String> warnings,
        int namedModels,
        List<String> droppedModels,
        List<String> droppedRegions,
        List<CellDuplicates> duplicates) {

    public NormalizedSpec {
        models = List.copyOf(models);
        regions = List.copyOf(regions);
        cells = List.copyOf(cells);
        warnings = List.copyOf(warnings);
        droppedModels = List.copyOf(droppedModels);
        droppedRegions = List.copyOf(droppedRegions);
        duplicates = List.copyOf(duplicates);
    }

    /** How many calls each cell makes: one for each question, or one with the prompt or the messages. */
    public int callsOfACell() {
        return content.has("questions") ? content.get("questions").size() : 1;
    }
}
