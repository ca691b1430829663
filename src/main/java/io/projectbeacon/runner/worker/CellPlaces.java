package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.inference.CallBudget;
import io.projectbeacon.runner.region.FairStart;
import io.projectbeacon.runner.region.RegionLimits;
import io.projectbeacon.runner.region.RegionPace;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.springframework.stereotype.Component;

/** The places of cells on this runner: slots of regions, and the memory of calls. */
@Component
class CellPlaces {

    /** Cells of a region that wait for each other's turn. */
    private record Queue(String region, boolean longCells) {}

    private final RegionLimits limits;
    private final RegionPace pace;
    private final CallBudget budget;
    private final Map<Queue, ReentrantLock> turns = new ConcurrentHashMap<>();

    CellPlaces(RegionLimits limits, RegionPace pace, CallBudget budget) {
        this.limits = limits;
        this.pace = pace;
        this.budget = budget;
    }

    /** A place for the cell; it is not taken yet. */
    CellPlace of(CellWork cell) {
        String region = cell.region();
        return new CellPlace(
                limits.slot(region),
                budget.of(cell),
                () -> pace.takesCalls(region),
                turns.computeIfAbsent(new Queue(region, CallBudget.isLong(cell)), name -> new ReentrantLock(true)));
    }

    /** The order in which jobs begin cells like this one in its region. */
    FairStart fairStart(CellWork cell) {
        return limits.fairStart(cell.region(), CallBudget.isLong(cell));
    }
}
