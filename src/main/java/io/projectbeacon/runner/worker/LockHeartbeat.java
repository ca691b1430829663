package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.database.OutageLog;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.job.JobQueue;
import io.projectbeacon.runner.logs.Failures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** Renews the locks of all runs, and ends a run whose lock another runner holds. */
@Component
class LockHeartbeat {

    private static final Logger log = LoggerFactory.getLogger(LockHeartbeat.class);

    private final OutageLog redisOutage = new OutageLog(log);
    private final OutageLog settingOutage = new OutageLog(log);
    private final OutageLog bothOutage = new OutageLog(log);
    private final JobLocks locks;
    private final JobQueue queue;
    private final Duration ttl;

    LockHeartbeat(JobLocks locks, JobQueue queue, LockProperties properties) {
        this.locks = locks;
        this.queue = queue;
        this.ttl = properties.ttl();
    }

    /** Renews the locks of the runs; a run whose lock another runner holds loses its job. */
    void renew(Collection<JobRun> runs) {
        List<JobRun> current = List.copyOf(runs);
        List<LockState> renewals;
        try {
            renewals = locks.renew(current.stream().map(JobRun::lock).toList());
        } catch (DataAccessException away) {
            redisOutage.away("Locks cannot be renewed; the database is asked whose the running jobs are", away);
            renewByDatabase(current);
            return;
        }
        redisOutage.back("Locks are renewed again");
        List<JobRun> missing = new ArrayList<>();
        List<JobRun> unproven = new ArrayList<>();
        for (int i = 0; i < current.size(); i++) {
            JobRun run = current.get(i);
            if (run.lock().isGivenBack()) {
                continue; // Its lock is missing, or another's by now, because the run gave it back.
            }
            switch (renewals.get(i)) {
                case OURS -> {}
                case HELD -> run.stop().lose("The lock is another runner's");
                case MISSING -> missing.add(run);
                case ENDLESS, BROKEN, UNANSWERED -> unproven.add(run);
            }
        }
        unproven.addAll(restore(missing));
        renewByDatabase(unproven);
    }

    /**
     * A run that cannot reach Redis, or whose key there is no lock any more, goes on by a lease from the database, which
     * keeps the sweepers of other runners away: they may well reach Redis, and find no lock there.
     */
    private void renewByDatabase(List<JobRun> runs) {
        if (runs.isEmpty()) {
            return;
        }
        long asked = System.nanoTime();
        try {
            Set<Run> owned = queue.lease(runs.stream().map(JobRun::run).toList(), ttl);
            runs.stream()
                    .filter(run -> owned.contains(run.run()))
                    .forEach(run -> run.lock().renewed(asked, ttl.toNanos()));
            bothOutage.back("The database says again whose the running jobs are");
        } catch (DataAccessException away) {
            bothOutage.away(
                    "Neither Redis nor the database says whose the jobs are; no call begins until one does", away);
        }
    }

    /**
     * Redis lost the locks, or they expired. They are set first and the database is asked second. The other way round,
     * a run that pauses in between could be replaced, set its lock when the other run has given it back, and begin a
     * call.
     *
     * @return the runs whose locks Redis refuses to set
     */
    private List<JobRun> restore(List<JobRun> runs) {
        long begin = System.nanoTime();
        List<LockState> states;
        try {
            states = locks.setAgain(runs.stream().map(JobRun::lock).toList());
        } catch (DataAccessException refused) {
            settingOutage.away(
                    "Missing locks cannot be set again; the database is asked whose the running jobs are", refused);
            return runs;
        }
        settingOutage.back("Missing locks are set again");
        List<JobRun> set = new ArrayList<>();
        List<JobRun> refused = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            switch (states.get(i)) {
                case OURS -> set.add(runs.get(i));
                case HELD -> runs.get(i).stop().lose("The lock was gone and another runner has taken it");
                case MISSING, ENDLESS, BROKEN, UNANSWERED -> refused.add(runs.get(i));
            }
        }
        try {
            Set<Run> owned = queue.owned(set.stream().map(JobRun::run).toList());
            for (JobRun run : set) {
                restored(run, owned.contains(run.run()), begin);
            }
        } catch (DataAccessException away) {
            log.warn(
                    "Nobody says whose jobs they are whose locks were missing, trying again: {}",
                    Failures.inWords(away));
        }
        return refused;
    }

    private void restored(JobRun run, boolean owned, long begin) {
        if (owned) {
            run.lock().renewed(begin, ttl.toNanos());
            log.atInfo()
                    .addKeyValue("job_id", run.run().jobspecId())
                    .addKeyValue("fence", run.run().fence())
                    .log("The lock was gone; it is set again, since the job is still this run's");
        } else if (!run.areCellsDone()) {
            run.stop().lose("The lock was gone and the job is not this run's any more");
        }
        if (!owned || run.lock().isGivenBack()) {
            locks.giveBack(run.lock()); // Nothing else would give it back.
        }
    }
}
