package io.projectbeacon.runner.job;

import io.projectbeacon.runner.metrics.BeaconGauges;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * How many jobs there are in each status, and how much waits for how long: read from the database, so that every replica says the same.
 *
 * <p>One scrape reads all these gauges; they share one look, whose answer is used for a few seconds. With the database away
 * they say {@code NaN} rather than something that is not known.
 */
@Component
class JobStatusGauge {

    private static final Logger log = LoggerFactory.getLogger(JobStatusGauge.class);
    private static final Duration FRESH = Duration.ofSeconds(2);

    private static final String QUEUE = """
            SELECT coalesce(sum(cells), 0) AS cells,
              coalesce(extract(epoch FROM greatest(now() - min(queued_at), interval '0')), 0) AS oldest
            FROM jobs WHERE status = 'queued'
            """;

    private final JdbcClient jdbc;
    private final ReentrantLock lock = new ReentrantLock();
    private Map<String, Double> counts = Map.of();
    private double queuedCells;
    private double oldestQueued;
    private boolean known;
    private long readAt;

    JobStatusGauge(JdbcClient jdbc, BeaconGauges gauges) {
        this.jdbc = jdbc;
        gauges.databaseUp(this, JobStatusGauge::up);
        gauges.jobsQueuedCells(this, JobStatusGauge::queuedCells);
        gauges.oldestQueuedJob(this, JobStatusGauge::oldestQueued);
        for (JobStatus status : JobStatus.values()) {
            gauges.jobsByStatus(status.wireName(), this, gauge -> gauge.count(status));
        }
    }

    private double count(JobStatus status) {
        return fresh(() -> counts.getOrDefault(status.wireName(), 0.0));
    }

    private double queuedCells() {
        return fresh(() -> queuedCells);
    }

    private double oldestQueued() {
        return fresh(() -> oldestQueued);
    }

    private double up() {
        return Double.isNaN(fresh(() -> 1)) ? 0 : 1;
    }

    private double fresh(DoubleSupplier value) {
        lock.lock();
        try {
            if (readAt == 0 || System.nanoTime() - readAt > FRESH.toNanos()) {
                read();
                readAt = System.nanoTime();
            }
            return known ? value.getAsDouble() : Double.NaN;
        } finally {
            lock.unlock();
        }
    }

    private void read() {
        try {
            Map<String, Double> fresh = new HashMap<>();
            jdbc.sql("SELECT status, count(*) AS jobs FROM jobs GROUP BY status")
                    .query((RowCallbackHandler) row -> fresh.put(row.getString("status"), row.getDouble("jobs")));
            counts = fresh;
            jdbc.sql(QUEUE).query((RowCallbackHandler) row -> {
                queuedCells = row.getDouble("cells");
                oldestQueued = row.getDouble("oldest");
            });
            known = true;
        } catch (DataAccessException away) {
            known = false;
            log.debug("The jobs could not be counted", away);
        }
    }
}
