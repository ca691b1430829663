package io.projectbeacon.runner.api;

import io.projectbeacon.runner.arrival.ArrivingRequest;
import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.execution.ExecutionView;
import io.projectbeacon.runner.intake.NoRoom;
import io.projectbeacon.runner.job.JobView;
import jakarta.servlet.http.HttpServletRequest;

/** Counts what an answer holds until it has been written: a client that reads it slowly can make that take long. */
final class HeldAnswers {

    /** The text, and its bytes on their way. */
    private static final long OF_A_CHARACTER = 2;

    private HeldAnswers() {}

    /** @throws io.projectbeacon.runner.arrival.NoRoomException when other requests take the memory */
    static JobView held(HttpServletRequest request, JobView job) {
        String spec = job.spec();
        hold(request, spec == null ? 0 : spec.length());
        return job;
    }

    /** @throws io.projectbeacon.runner.arrival.NoRoomException when other requests take the memory */
    static Page<ExecutionView> held(HttpServletRequest request, Page<ExecutionView> cells) {
        hold(
                request,
                cells.items().stream()
                        .mapToLong(cell -> cell.answers().length())
                        .sum());
        return cells;
    }

    private static void hold(HttpServletRequest request, long characters) {
        long bytes = OF_A_CHARACTER * characters;
        ArrivingRequest.of(request).reading().grow(bytes, bytes <= MemoryBudget.SMALL_BODY, NoRoom.PATIENCE);
    }
}
