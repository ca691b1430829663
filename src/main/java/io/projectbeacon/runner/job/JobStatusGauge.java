package io.projectbeacon.runner.job;

import io.projectbeacon.runner.database.SharedLook;
import io.projectbeacon.runner.database.WritableDatabase;
import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.domain.PriorityBand;
import io.projectbeacon.runner.metrics.BeaconGauges;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Gauges of the jobs in each status, and of how much waits for how long. They are read from the database, so every
 * replica says the same.
 *
 * <p>One scrape reads all these gauges; they share one answer of the database, which is used for a few seconds. While
 * the database is away, or silent for longer than a scrape may wait, they are {@code NaN}.
 */
@Component
public class JobStatusGauge {

    /** Prometheus waits for 10 s at most; a runner with a silent database is to be seen as up, its database as down. */
    private static final SharedLook.Times TIMES =
            new SharedLook.Times(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ZERO, 0);

    private static final String BY_STATUS =
            "SELECT status, count(*) AS jobs FROM jobs WHERE status IS NOT NULL GROUP BY status";

    /* A parked job waits for its region, not for a runner: more runners would not help it. */
    private static final String LANES = """
            SELECT lane, sign(priority)::integer AS priority, count(*) AS jobs, sum(cells) AS cells,
              extract(epoch FROM greatest(now() - min(queued_at), interval '0')) AS oldest,
              parked AND CASE WHEN lane = '{}' THEN wake_at > now()
                ELSE lane <@ ARRAY(%s) END AS is_parked
            FROM jobs WHERE status = 'queued'
            GROUP BY lane, is_parked, sign(priority)
            """.formatted(ClosedRegions.AND_PAUSED);

    private static final class Queue {

        private double cells;
        private final Map<PriorityBand, Double> oldest = new EnumMap<>(PriorityBand.class);
        private final Map<String, Double> parked = new HashMap<>();

        private double oldest() {
            return oldest.values().stream().mapToDouble(age -> age).max().orElse(0);
        }
    }

    private record Look(boolean takesWrites, Map<String, Double> jobs, Queue queue) {}

    private final JdbcClient jdbc;
    private final BeaconGauges gauges;
    private final WritableDatabase database;
    private final SharedLook<Look> look = new SharedLook<>("job-gauge", TIMES, this::read);

    JobStatusGauge(JdbcClient jdbc, WritableDatabase database, BeaconGauges gauges) {
        this.jdbc = jdbc;
        this.database = database;
        this.gauges = gauges;
        gauges.databaseUp(this, gauge -> gauge.takesWrites() ? 1 : 0);
        gauges.jobsQueuedCells(this, gauge -> gauge.value(look -> look.queue().cells));
        gauges.oldestQueuedJob(this, gauge -> gauge.value(look -> look.queue().oldest()));
        for (PriorityBand priority : PriorityBand.values()) {
            gauges.oldestQueuedJob(
                    priority,
                    this,
                    gauge -> gauge.value(look -> look.queue().oldest.getOrDefault(priority, 0.0)));
        }
        for (JobStatus status : JobStatus.values()) {
            gauges.jobsByStatus(
                    status, this, gauge -> gauge.value(look -> look.jobs().getOrDefault(status.wireName(), 0.0)));
        }
    }

    /** Shows how many jobs are parked until the region takes calls again. */
    public void showParked(String region) {
        gauges.jobsParked(
                region, this, gauge -> gauge.value(look -> look.queue().parked.getOrDefault(region, 0.0)));
    }

    private boolean takesWrites() {
        Look now = look.get();
        return now != null && now.takesWrites();
    }

    private double value(ToDoubleFunction<Look> value) {
        Look now = look.get();
        return now == null ? Double.NaN : value.applyAsDouble(now);
    }

    private Look read() {
        boolean takesWrites = database.takesWrites();
        Map<String, Double> jobs = new HashMap<>();
        jdbc.sql(BY_STATUS).query((RowCallbackHandler) row -> jobs.put(row.getString("status"), row.getDouble("jobs")));
        Queue queue = new Queue();
        jdbc.sql(LANES).query((RowCallbackHandler) row -> {
            if (row.getBoolean("is_parked")) {
                for (String region : (String[]) row.getArray("lane").getArray()) {
                    queue.parked.merge(region, row.getDouble("jobs"), Double::sum);
                }
            } else {
                queue.cells += row.getDouble("cells");
                queue.oldest.merge(PriorityBand.of(row.getInt("priority")), row.getDouble("oldest"), Math::max);
            }
        });
        return new Look(takesWrites, jobs, queue);
    }
}
