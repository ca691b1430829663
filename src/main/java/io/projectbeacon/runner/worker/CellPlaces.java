package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.inference.CallBudget;
import io.projectbeacon.runner.region.FairStart;
import io.projectbeacon.runner.region.RegionLimits;
import io.projectbeacon.runner.region.RegionPace;
import io.projectbeacon.runner.region.RegionSlot;
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

    /** A slot for one of the caller's cells of the region; it is not taken yet. */
    RegionSlot slot(String region, String caller) {
        return limits.slot(region, caller);
    }

    /** A place for the cell, in this slot; its memory is not taken yet. */
    CellPlace of(CellWork cell, RegionSlot slot) {
        String region = cell.region();
        return new CellPlace(
                slot,
                budget.of(cell),
                () -> pace.takesCalls(region),
                fairStart(cell),
                turns.computeIfAbsent(new Queue(region, CallBudget.isLong(cell)), name -> new ReentrantLock(true)));
    }

    /** The order in which jobs begin cells like this one in its region. */
    FairStart fairStart(CellWork cell) {
        return limits.fairStart(cell.region(), CallBudget.isLong(cell));
    }
}
