package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.job.JobQueue;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Notices that a job was cancelled, or was given to another run, and interrupts the calls that are under way for it.
 *
 * <p>It asks the database, for all runs in one query, several times a second. So a cancel works across runners without
 * a message that could get lost, and with Redis away. Only the time and money that a call costs depend on it: the fence
 * keeps a run that has been replaced from claiming anything.
 */
@Component
class OwnershipWatch {

    private static final Logger log = LoggerFactory.getLogger(OwnershipWatch.class);

    private final JobQueue queue;

    OwnershipWatch(JobQueue queue) {
        this.queue = queue;
    }

    /** Looks once. */
    void check(Collection<JobRun> runs) {
        // A run that is finishing its job is about to lose it, rightly.
        List<JobRun> current = runs.stream().filter(run -> !run.areCellsDone()).toList();
        if (current.isEmpty()) {
            return;
        }
        try {
            Set<Run> owned = queue.owned(current.stream().map(JobRun::run).toList());
            List<JobRun> lost = current.stream()
                    .filter(run -> !owned.contains(run.run()) && !run.areCellsDone())
                    .toList();
            Set<Run> cancelled = queue.cancelled(lost.stream().map(JobRun::run).toList());
            for (JobRun run : lost) {
                if (cancelled.contains(run.run())) {
                    run.stop().cancel();
                } else {
                    run.stop().lose("The job is another run's now");
                }
            }
        } catch (DataAccessException away) {
            log.debug("The database cannot say whose the jobs are", away);
        }
    }
}
