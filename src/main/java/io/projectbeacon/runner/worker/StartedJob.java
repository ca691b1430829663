package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.execution.CellWork;
import io.projectbeacon.runner.execution.Run;
import java.time.Duration;
import java.util.List;

/**
 * A job that this runner has started.
 *
 * @param waited from queued to started
 * @param timeLeft until its deadline; not positive when that has passed
 * @param weight how much room it takes, as when it waited
 */
public record StartedJob(Run run, List<CellWork> cells, Duration waited, Duration timeLeft, int weight) {}
