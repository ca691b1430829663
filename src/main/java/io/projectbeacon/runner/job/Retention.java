package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.Pause;
import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Deletes finished jobs that are older than {@code beacon.retention.finished-jobs}, oldest first, in steps that are
 * short enough to delay no other work, with a pause after each that is as long as the step was.
 *
 * <p>With a job go its cells, its ledger of duplicates and its series. Its id is free again then: the same JobSpec,
 * posted once more, runs once more.
 */
@Component
class Retention {

    private static final Logger log = LoggerFactory.getLogger(Retention.class);

    private static final int JOBS_A_STEP = 100;
    private static final long CELLS_A_STEP = 5_000;
    private static final Duration LONGEST_RUN = Duration.ofSeconds(10);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);

    private static final String OLDEST = """
            SELECT id, cells FROM jobs
            WHERE finished_at < clock_timestamp() - make_interval(secs => :age)
            ORDER BY finished_at
            LIMIT :limit
            """;

    /*
     * The condition is checked again under the row's lock: a job that a retry has queued meanwhile has no end any more
     * and stays. Rows that another replica has locked are skipped.
     */
    private static final String DELETE = """
            DELETE FROM jobs WHERE id IN (
              SELECT id FROM jobs
              WHERE id = ANY (:ids) AND finished_at < clock_timestamp() - make_interval(secs => :age)
              FOR UPDATE SKIP LOCKED)
            RETURNING jobspec_id
            """;

    private static final String OVERDUE = """
            SELECT extract(epoch FROM clock_timestamp() - make_interval(secs => :age) - min(finished_at))
            FROM jobs WHERE finished_at IS NOT NULL
            """;

    private record Finished(long id, int cells) {}

    private final JdbcClient jdbc;
    private final BeaconMetrics metrics;
    private final @Nullable Duration age;
    private volatile double overdue;

    Retention(JdbcClient jdbc, BeaconMetrics metrics, BeaconGauges gauges, RetentionProperties properties) {
        this.jdbc = jdbc;
        this.metrics = metrics;
        this.age = properties.finishedJobs();
        gauges.retentionOverdue(this, retention -> retention.overdue);
    }

    @Scheduled(fixedDelayString = "PT15S", initialDelayString = "PT15S")
    void deleteOldJobs() {
        if (age == null) {
            return;
        }
        double seconds = age.toMillis() / 1000.0;
        try {
            int deleted = stepByStep(seconds);
            if (deleted > 0) {
                log.info("Deleted {} job(s) that finished more than {} ago", deleted, age);
            }
            overdue = jdbc.sql(OVERDUE)
                    .param("age", seconds)
                    .query((row, n) -> Math.max(0, row.getDouble(1)))
                    .single();
        } catch (DataAccessException away) {
            overdue = Double.NaN;
            log.warn("Old jobs could not be deleted, trying again: {}", away.getMessage());
        }
    }

    private int stepByStep(double seconds) {
        long begin = System.nanoTime();
        int deleted = 0;
        boolean goOn = true;
        while (goOn && System.nanoTime() - begin < LONGEST_RUN.toNanos()) {
            long stepBegin = System.nanoTime();
            int step = step(seconds);
            deleted += step;
            goOn = step > 0 && pause(System.nanoTime() - stepBegin);
        }
        return deleted;
    }

    /** @return whether to go on: not when the process is going down */
    private static boolean pause(long nanos) {
        return Pause.of(Duration.ofNanos(Math.max(nanos, SHORTEST_PAUSE.toNanos())));
    }

    private int step(double seconds) {
        List<Long> ids = new ArrayList<>();
        long cells = 0;
        for (Finished job : oldest(seconds)) {
            cells += job.cells();
            if (!ids.isEmpty() && cells > CELLS_A_STEP) {
                break;
            }
            ids.add(job.id());
        }
        if (ids.isEmpty()) {
            return 0;
        }
        return delete(ids, seconds);
    }

    /** Deletes the jobs that have not changed since they were read. */
    int delete(List<Long> ids, double seconds) {
        List<String> deleted = jdbc.sql(DELETE)
                .param("ids", ids.toArray(Long[]::new))
                .param("age", seconds)
                .query((row, n) -> row.getString("jobspec_id"))
                .list();
        metrics.jobsDeleted(deleted.size());
        deleted.forEach(metrics::dropJobSeries);
        return deleted.size();
    }

    private List<Finished> oldest(double seconds) {
        return jdbc.sql(OLDEST)
                .param("age", seconds)
                .param("limit", JOBS_A_STEP)
                .query((row, n) -> new Finished(row.getLong("id"), row.getInt("cells")))
                .list();
    }
}
