package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.database.GroupCommit;
import io.projectbeacon.runner.database.GroupCommits;
import io.projectbeacon.runner.database.UninterruptedWrites;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.time.Duration;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** Claims cells, those of many runs in one batch. */
@Component
class Claims {

    /**
     * Enough for one commit to cost each cell next to nothing, and few enough for a statement of some milliseconds. A block of
     * ids (migration V18) has as many.
     */
    static final int LARGEST_BATCH = 1000;

    private final ClaimStatement statement;
    private final UninterruptedWrites writes;
    private final BeaconMetrics metrics;
    private final GroupCommit<ClaimRequest, ClaimResult> batches;

    Claims(ClaimStatement statement, GroupCommits groupCommits, UninterruptedWrites writes, BeaconMetrics metrics) {
        this.statement = statement;
        this.writes = writes;
        this.metrics = metrics;
        this.batches = groupCommits.of("claims", statement::claimTogether, GroupCommit.Bounds.requests(LARGEST_BATCH));
    }

    /** @throws DataAccessException when the check could not be made: nothing was let through */
    ClaimResult claim(ClaimRequest request) {
        long begin = System.nanoTime();
        try {
            return batches.ask(request).orElseGet(() -> writes.once(() -> statement.claim(request)));
        } finally {
            metrics.claimTook(Duration.ofNanos(System.nanoTime() - begin));
        }
    }
}
