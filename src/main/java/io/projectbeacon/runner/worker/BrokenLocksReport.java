package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.job.JobNames;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Names each broken lock key and its job: once in the log, and in health for as long as it lasts. That is DEGRADED and not
 * down, since all other jobs run.
 */
@Component("locksHealthIndicator")
class BrokenLocksReport implements HealthIndicator {

    private static final Logger log = LoggerFactory.getLogger(BrokenLocksReport.class);

    /** A script that breaks all keys must not fill the log. */
    private static final int MOST_NAMED = 10;

    private final BrokenLocks broken;
    private final JobNames names;

    /** What clients call the jobs whose keys the log has told, by number. */
    private final Map<Long, String> told = new ConcurrentHashMap<>();

    BrokenLocksReport(BrokenLocks broken, JobNames names) {
        this.broken = broken;
        this.names = names;
    }

    @Scheduled(fixedDelayString = "PT1S")
    void tell() {
        Map<Long, LockState> known = broken.known();
        int before = told.size();
        told.keySet().retainAll(known.keySet());
        if (before > 0 && told.isEmpty()) {
            log.info("No key of a lock holds up its job any more");
        }
        List<Long> untold =
                known.keySet().stream().filter(job -> !told.containsKey(job)).toList();
        if (untold.isEmpty()) {
            return;
        }
        int named = Math.max(0, MOST_NAMED - told.size());
        try {
            Map<Long, String> found = names.of(untold);
            untold.forEach(job -> told.put(job, found.getOrDefault(job, "unknown")));
        } catch (DataAccessException away) {
            log.debug("The jobs of broken lock keys cannot be named now; trying again", away);
            return;
        }
        untold.stream()
                .limit(named)
                .forEach(job -> log.atWarn()
                        .addKeyValue("job_id", told.get(job))
                        .log(
                                "{} in Redis {}. A run of its job goes on by the database's word, and a queued one does not"
                                        + " start until a person deletes the key",
                                JobLocks.key(job),
                                said(known.getOrDefault(job, LockState.BROKEN))));
        if (untold.size() > named) {
            log.warn("{} further keys in Redis are no locks of runners either", untold.size() - named);
        }
    }

    @Override
    public Health health() {
        Map<Long, LockState> known = broken.known();
        if (known.isEmpty()) {
            return Health.up().build();
        }
        Health.Builder health = Health.status("DEGRADED")
                .withDetail("broken", known.size())
                .withDetail("consequence", "their jobs do not start until a person deletes these keys; all others do");
        known.entrySet().stream()
                .limit(MOST_NAMED)
                .forEach(fault -> health.withDetail(
                        JobLocks.key(fault.getKey()),
                        said(fault.getValue()) + "; job " + told.getOrDefault(fault.getKey(), "not named yet")));
        return health.build();
    }

    private static String said(LockState fault) {
        return fault == LockState.ENDLESS ? "never expires, and no runner renews it" : "is of another type than a lock";
    }
}
