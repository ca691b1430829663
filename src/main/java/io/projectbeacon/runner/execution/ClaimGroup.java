package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.metrics.BeaconMetrics;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** Brings the claims of many cells, of any jobs, to the gate together. */
@Component
class ClaimGroup {

    private static final Logger log = LoggerFactory.getLogger(ClaimGroup.class);

    /** Enough for one commit to cost each cell next to nothing, and few enough for a statement of some milliseconds. */
    private static final int LARGEST = 1000;

    private final GroupCommit<Asked, Claim> group;
    private final OutageLog outage = new OutageLog(log);
    private final BeaconMetrics metrics;

    ClaimGroup(ClaimGate gate, PatientWriter writer, BeaconMetrics metrics) {
        this.metrics = metrics;
        this.group = new GroupCommit<>(
                all -> {
                    List<Optional<Claim>> answers = gate.claimTogether(all);
                    outage.back("Batches of claims go through again");
                    return answers;
                },
                one -> writer.once(() -> gate.claim(one)),
                failure -> outage.away("A batch of claims failed; each is asked for alone", failure),
                writer.threads(),
                new GroupCommit.Bounds<>(LARGEST, one -> 1));
    }

    /**
     * Claims a cell for a run.
     *
     * @param claimId one for each time that a run comes to a cell, and no other
     * @throws DataAccessException when the check could not be made: nothing was let through
     */
    Claim claim(Run run, CellWork cell, UUID claimId) {
        long begin = System.nanoTime();
        try {
            return group.ask(new Asked(run, cell.region(), cell.modelId(), claimId));
        } finally {
            metrics.claimTook(Duration.ofNanos(System.nanoTime() - begin));
        }
    }

    @PreDestroy
    void close() throws InterruptedException {
        group.drain();
    }
}
