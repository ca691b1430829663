package io.projectbeacon.runner.job;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job as a client sees it.
 *
 * @param jobId the numeric {@code jobs.id}
 * @param id the client's id
 * @param caller whose job it is; left out where it is the default caller's
 * @param parkedUntil for a job whose cells left all wait: until when it is not looked at
 * @param parkedRegions the regions of these cells
 * @param waitsFor what its cells wait for, of one job that has not ended; left out of lists, and where that cannot be told
 * @param contentErasedAt when its prompts and answers were erased; left out of one that has them
 * @param spec the JobSpec as it came, JSON {@code null} once it has been erased; a list leaves it out
 */
public record JobView(
        @JsonIgnore long jobId,
        String id,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String caller,
        String status,
        int priority,
        List<String> models,
        List<String> regions,
        Cells cells,
        DuplicateCounts duplicates,
        @JsonRawValue String warnings,
        Instant createdAt,
        Instant queuedAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Instant parkedUntil,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<String> parkedRegions,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<JobWait> waitsFor,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Instant contentErasedAt,

        @JsonRawValue @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
        String spec) {

    JobView waitingFor(List<JobWait> waits) {
        return new JobView(
                jobId,
                id,
                caller,
                status,
                priority,
                models,
                regions,
                cells,
                duplicates,
                warnings,
                createdAt,
                queuedAt,
                startedAt,
                finishedAt,
                parkedUntil,
                parkedRegions,
                waits,
                contentErasedAt,
                spec);
    }

    /** How many cells the job has in each status; {@code pending} ones were never claimed and have no row, {@code flagged} ones
     * are completed ones whose answers have a mark.
     */
    public record Cells(
            int total, int pending, int running, int completed, int failed, int cancelled, int unknown, int flagged) {}

    /** How often a duplicate was met, from the ledger. */
    public record DuplicateCounts(long detected, long allowed, Map<String, Long> byLayer) {}
}
