package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.Pause;
import io.projectbeacon.runner.logs.Failures;
import io.projectbeacon.runner.metrics.BeaconGauges;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Deletes finished jobs that are older than {@code beacon.retention.finished-jobs}, oldest first, in steps that are
 * short enough to delay no other work, with a pause after each that is as long as the step was.
 *
 * <p>With a job go its cells, its ledger of duplicates and its series. Its id stays taken for {@code beacon.retention.ids}
 * more: until then the same JobSpec, posted once more, does not run once more.
 */
@Component
class Retention {

    private static final Logger log = LoggerFactory.getLogger(Retention.class);

    private static final int JOBS_A_STEP = 100;
    private static final long CELLS_A_STEP = 5_000;
    private static final int IDS_A_STEP = 5_000;
    private static final Duration LONGEST_RUN = Duration.ofSeconds(10);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);

    private static final String OLDEST = """
            SELECT id, cells FROM jobs
            WHERE finished_at < clock_timestamp() - make_interval(secs => :age)
            ORDER BY finished_at
            LIMIT :limit
            """;

    private static final String OVERDUE = """
            SELECT extract(epoch FROM clock_timestamp() - make_interval(secs => :age) - min(finished_at))
            FROM jobs WHERE finished_at IS NOT NULL
            """;

    private record Finished(long id, int cells) {}

    private final JdbcClient jdbc;
    private final DeletedJobs jobs;
    private final BeaconMetrics metrics;
    private final @Nullable Duration age;
    private final @Nullable Duration ageOfIds;
    private volatile double overdue;

    Retention(
            JdbcClient jdbc,
            DeletedJobs jobs,
            BeaconMetrics metrics,
            BeaconGauges gauges,
            RetentionProperties properties) {
        this.jdbc = jdbc;
        this.jobs = jobs;
        this.metrics = metrics;
        this.age = properties.finishedJobs();
        this.ageOfIds = properties.ids();
        gauges.retentionOverdue(this, retention -> retention.overdue);
    }

    @Scheduled(fixedDelayString = "PT15S", initialDelayString = "PT15S")
    void deleteOldJobs() {
        if (age == null) {
            return;
        }
        try {
            int deleted = stepByStep(() -> step(age));
            if (deleted > 0) {
                log.info("Deleted {} job(s) that finished more than {} ago", deleted, age);
            }
            overdue = jdbc.sql(OVERDUE)
                    .param("age", seconds(age))
                    .query((row, n) -> Math.max(0, row.getDouble(1)))
                    .single();
        } catch (DataAccessException | TransactionException away) {
            overdue = Double.NaN;
            log.warn("Old jobs could not be deleted, trying again: {}", Failures.inWords(away));
        }
    }

    @Scheduled(fixedDelayString = "PT15S", initialDelayString = "PT15S")
    void freeOldIds() {
        if (ageOfIds == null) {
            return;
        }
        try {
            int freed = stepByStep(() -> jobs.free(ageOfIds, IDS_A_STEP));
            if (freed > 0) {
                log.info("The ids of {} job(s) that were deleted more than {} ago are free again", freed, ageOfIds);
            }
        } catch (DataAccessException away) {
            log.warn("Old ids could not be given free, trying again: {}", Failures.inWords(away));
        }
    }

    private static int stepByStep(IntSupplier step) {
        long begin = System.nanoTime();
        int done = 0;
        boolean goOn = true;
        while (goOn && System.nanoTime() - begin < LONGEST_RUN.toNanos()) {
            long stepBegin = System.nanoTime();
            int doneNow = step.getAsInt();
            done += doneNow;
            goOn = doneNow > 0 && pause(System.nanoTime() - stepBegin);
        }
        return done;
    }

    /** @return whether to go on: not when the process is going down */
    private static boolean pause(long nanos) {
        return Pause.of(Duration.ofNanos(Math.max(nanos, SHORTEST_PAUSE.toNanos())));
    }

    private int step(Duration age) {
        List<Long> ids = new ArrayList<>();
        long cells = 0;
        for (Finished job : oldest(age)) {
            cells += job.cells();
            if (!ids.isEmpty() && cells > CELLS_A_STEP) {
                break;
            }
            ids.add(job.id());
        }
        return ids.isEmpty() ? 0 : delete(ids, age);
    }

    /** Deletes the jobs that have not changed since they were read. */
    int delete(List<Long> ids, Duration age) {
        return jobs.delete(ids, age, deleted -> {
            metrics.jobsDeleted(deleted.size());
            deleted.forEach(metrics::dropJobSeries);
        });
    }

    private List<Finished> oldest(Duration age) {
        return jdbc.sql(OLDEST)
                .param("age", seconds(age))
                .param("limit", JOBS_A_STEP)
                .query((row, n) -> new Finished(row.getLong("id"), row.getInt("cells")))
                .list();
    }

    private static double seconds(Duration age) {
        return age.toMillis() / 1000.0;
    }
}
