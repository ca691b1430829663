package io.projectbeacon.runner.job;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.Run;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A job that this runner has started.
 *
 * @param waited from queued to started; null when it had been started before
 * @param completedMet whether an earlier run of the same cause has come to the completed cells
 * @param timeLeft until its deadline; not positive when that has passed
 * @param weight how much of the runner's capacity it takes, as in {@link JobQueue.Waiting}
 * @param textBytes how many bytes its texts have
 */
public record StartedJob(
        Run run,
        List<CellWork> cells,
        @Nullable Duration waited,
        boolean completedMet,
        Duration timeLeft,
        int weight,
        int textBytes) {}
