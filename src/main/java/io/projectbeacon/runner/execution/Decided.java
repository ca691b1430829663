package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.domain.Run;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What a statement for claims did.
 *
 * @param owned the runs that were seen to own their jobs, which then stayed theirs until the commit
 * @param written the claims whose row was written: the cell is the run's, or held
 */
record Decided(Set<Run> owned, Map<Cell, ClaimResult> written) {

    static Decided nothing() {
        return new Decided(new HashSet<>(), new HashMap<>());
    }

    void add(Decided more) {
        owned.addAll(more.owned);
        written.putAll(more.written);
    }
}
