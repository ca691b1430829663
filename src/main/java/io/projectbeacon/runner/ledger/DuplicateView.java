package io.projectbeacon.runner.ledger;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** An entry of the ledger of duplicates as a client sees it. */
public record DuplicateView(
        @JsonIgnore long id,
        String jobspecId,
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
