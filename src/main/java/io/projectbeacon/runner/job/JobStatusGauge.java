package io.projectbeacon.runner.job;

import io.projectbeacon.runner.metrics.BeaconMetrics;
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
 * How many jobs there are in each status: read from the database, so that every replica says the same.
 *
 * <p>One scrape reads six gauges; they share one query, whose answer is used for a few seconds. With the database away
 * they say {@code NaN} rather than something that is not known.
 */
@Component
class JobStatusGauge {

    private static final Logger log = LoggerFactory.getLogger(JobStatusGauge.class);
    private static final Duration FRESH = Duration.ofSeconds(2);

    private final JdbcClient jdbc;
    private final ReentrantLock lock = new ReentrantLock();
    private Map<String, Double> counts = Map.of();
    private double queuedCells;
    private boolean known;
    private long readAt;

    JobStatusGauge(JdbcClient jdbc, BeaconMetrics metrics) {
        this.jdbc = jdbc;
        metrics.jobsQueuedCells(this, JobStatusGauge::queuedCells);
        for (JobStatus status : JobStatus.values()) {
            metrics.jobsByStatus(status.wireName(), this, gauge -> gauge.count(status));
        }
    }

    private double count(JobStatus status) {
        return fresh(() -> counts.getOrDefault(status.wireName(), 0.0));
    }

    private double queuedCells() {
        return fresh(() -> queuedCells);
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
            queuedCells = jdbc.sql(Backlog.QUEUED).query(Double.class).single();
            known = true;
        } catch (DataAccessException away) {
            known = false;
            log.debug("The jobs could not be counted", away);
        }
    }
}
