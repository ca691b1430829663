package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.database.GroupCommit;
import io.projectbeacon.runner.database.GroupCommits;
import io.projectbeacon.runner.database.UninterruptedWrites;
import java.util.List;
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
    private final GroupCommit<ClaimRequest, ClaimResult> batches;

    Claims(ClaimStatement statement, GroupCommits groupCommits, UninterruptedWrites writes) {
        this.statement = statement;
        this.writes = writes;
        this.batches = groupCommits.of("claims", statement::claimTogether, GroupCommit.Bounds.requests(LARGEST_BATCH));
    }

    /** Asks for claims, in one batch as far as they fit, and does not wait. What a batch leaves open is claimed alone. */
    void ask(List<ClaimRequest> requests, GroupCommit.Answers<ClaimResult> answers) {
        batches.handOver(requests, answers);
    }

    /**
     * Claims a cell that its batch has left open; waits for the lock of its job's row.
     *
     * @throws DataAccessException when the check could not be made: nothing was let through
     */
    ClaimResult alone(ClaimRequest request) {
        return writes.once(() -> statement.claim(request));
    }
}
