package io.projectbeacon.runner.job;

import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.Run;
import java.time.Duration;
import java.util.List;

/**
 * A job that this runner has started.
 *
 * @param waited from queued to started
 * @param timeLeft until its deadline; not positive when that has passed
 * @param weight how much of the runner's capacity it takes, as in {@link JobQueue.Waiting}
 */
public record StartedJob(Run run, List<CellWork> cells, Duration waited, Duration timeLeft, int weight) {}
