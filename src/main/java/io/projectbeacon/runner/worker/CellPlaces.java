package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.inference.CallBudget;
import io.projectbeacon.runner.region.FairStart;
import io.projectbeacon.runner.region.RegionLimits;
import io.projectbeacon.runner.region.RegionPace;
import io.projectbeacon.runner.region.RegionSlot;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
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

    /** Begins cells, each with its place taken. */
    interface Begin {

        /** @return whether it has begun; if not, no further cell is begun */
        boolean begin(CellWork cell, CellPlace place);
    }

    /** A place for a caller's cell; it is not taken yet. */
    CellPlace of(CellWork cell, String caller) {
        return of(cell, limits.slot(cell.region(), caller));
    }

    private CellPlace of(CellWork cell, RegionSlot slot) {
        String region = cell.region();
        return new CellPlace(
                fairStart(cell),
                slot,
                budget.of(cell),
                () -> pace.takesCalls(region),
                turns.computeIfAbsent(new Queue(region, CallBudget.isLong(cell)), name -> new ReentrantLock(true)));
    }

    /**
     * Begins the cells of a job, all of one region and one kind, and returns when the last has begun. One for which there is no
     * memory leaves the order of its region until there is, so that others go on beside it.
     */
    void beginAll(List<CellWork> work, String caller, Begin step) throws InterruptedException {
        CellWork one = work.getFirst();
        FairStart order = fairStart(one);
        Iterator<CellWork> left = work.iterator();
        boolean goOn = true;
        while (goOn && left.hasNext()) {
            AtomicReference<@Nullable CellWork> without = new AtomicReference<>();
            goOn = order.beginAll(left, () -> limits.slot(one.region(), caller), (cell, slot) -> {
                CellPlace place = of(cell, slot);
                if (place.takeMemory()) {
                    return step.begin(cell, place);
                }
                without.set(cell);
                return false;
            });
            CellWork waiting = without.get();
            if (waiting != null) {
                CellPlace place = of(waiting, caller);
                place.takeInTurn();
                goOn = step.begin(waiting, place);
            }
        }
    }

    private FairStart fairStart(CellWork cell) {
        return limits.fairStart(cell.region(), CallBudget.isLong(cell));
    }
}
