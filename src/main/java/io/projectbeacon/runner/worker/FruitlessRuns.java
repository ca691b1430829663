package io.projectbeacon.runner.worker;

import io.projectbeacon.runner.domain.Backoff;
import io.projectbeacon.runner.domain.Run;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runs of a job, one after the other, that came to its cells, changed none, and left some without an end: rows that
 * were changed by hand can be neither claimed nor ended. Such a job is started less and less often.
 *
 * <p>The wait comes before the job goes back to the queue, so no other replica starts it meanwhile.
 */
final class FruitlessRuns {

    private static final Logger log = LoggerFactory.getLogger(FruitlessRuns.class);
    private static final Backoff WAITS = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(1));

    /** A job that other replicas have brought to its end is never heard of again here. */
    private static final int MOST_JOBS = 10_000;

    private final Map<Long, Integer> inARow = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Integer> eldest) {
            return size() > MOST_JOBS;
        }
    };

    /** How long a job is to be kept by a run that has changed no cell of it; not at all when it is the first one. */
    synchronized Duration pause(long jobId) {
        Integer before = inARow.get(jobId);
        return before == null ? Duration.ZERO : WAITS.after(before);
    }

    /** Notes a run that changed nothing, and after which the job is back in the queue. */
    synchronized void add(Run run) {
        if (inARow.merge(run.jobId(), 1, Integer::sum) == 2) {
            log.atWarn()
                    .addKeyValue("job_id", run.jobspecId())
                    .addKeyValue("fence", run.fence())
                    .log(
                            "Runs of the job change none of its cells, and some are left without an end; waiting longer and"
                                    + " longer between them, up to {}",
                            WAITS.max());
        }
    }

    /** Notes that a run of the job has changed something, or that nothing is left to do. */
    synchronized void forget(long jobId) {
        inARow.remove(jobId);
    }
}
