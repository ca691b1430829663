package io.projectbeacon.runner.ledger;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An entry of the ledger of duplicates as a client sees it.
 *
 * @param caller whose job it is; left out where it is the default caller's
 */
public record DuplicateView(
        @JsonIgnore long id,
        String jobspecId,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String caller,
        String region,
        String modelId,
        String layer,
        String outcome,
        long occurrences,
        @Nullable String existingStatus,
        int existingCount,
        String runner,
        Instant createdAt,
        Instant lastSeenAt) {}
