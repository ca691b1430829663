package io.projectbeacon.runner.worker;

import java.util.Collection;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** Renews the locks of all runs, and ends a run whose lock another runner holds. */
@Component
class LockKeeper {

    private static final Logger log = LoggerFactory.getLogger(LockKeeper.class);

    private final JobLocks locks;
    private final JobQueue queue;

    LockKeeper(JobLocks locks, JobQueue queue) {
        this.locks = locks;
        this.queue = queue;
    }

    void renew(Collection<JobRun> runs) {
        List<JobRun> current = List.copyOf(runs);
        List<JobLocks.Renewal> renewals;
        try {
            renewals = locks.renew(current.stream().map(JobRun::lock).toList());
        } catch (DataAccessException away) {
            // The leases run out by themselves; until then, and again after the next renewal, calls may begin.
            log.warn("Locks could not be renewed, trying again: {}", away.getMessage());
            return;
        }
        for (int i = 0; i < current.size(); i++) {
            JobRun run = current.get(i);
            if (run.hasEnded()) {
                continue; // It has given its lock back by itself meanwhile.
            }
            switch (renewals.get(i)) {
                case RENEWED -> {}
                case TAKEN -> run.lose("The lock is another runner's");
                case MISSING -> restore(run);
            }
        }
    }

    /** Redis lost the lock, or it expired. Only the database can say whether the job is still this run's. */
    private void restore(JobRun run) {
        try {
            if (!queue.isOwnedBy(run.run())) {
                run.lose("The lock is gone and the job is not this run's any more");
            } else if (locks.setAgain(run.lock())) {
                if (run.hasEnded()) {
                    locks.release(run.lock()); // It ended in between, and nobody would give this lock back.
                }
                log.atInfo()
                        .addKeyValue("job_id", run.run().jobspecId())
                        .addKeyValue("fence", run.run().fence())
                        .log("The lock was gone; it is set again, since the job is still this run's");
            } else {
                run.lose("The lock was gone and another runner has taken it");
            }
        } catch (DataAccessException away) {
            log.warn("A missing lock could not be set again, trying again: {}", away.getMessage());
        }
    }
}
