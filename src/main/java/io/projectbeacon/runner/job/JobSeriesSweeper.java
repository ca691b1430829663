package io.projectbeacon.runner.job;

import io.projectbeacon.runner.metrics.BeaconMetrics;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** Drops the per-job series of jobs that finished long ago, or are gone, so that the scrape stays small. */
@Component
class JobSeriesSweeper {

    private static final Logger log = LoggerFactory.getLogger(JobSeriesSweeper.class);

    /* Asks for the jobs to keep, so that a job that has been deleted loses its series too. */
    private static final String KEPT = """
            SELECT jobspec_id FROM jobs
            WHERE jobspec_id = ANY (:jobspecIds) AND status IS NOT NULL
              AND (finished_at IS NULL OR finished_at > clock_timestamp() - make_interval(secs => :retention))
            """;

    private final JdbcClient jdbc;
    private final BeaconMetrics metrics;

    JobSeriesSweeper(JdbcClient jdbc, BeaconMetrics metrics) {
        this.jdbc = jdbc;
        this.metrics = metrics;
    }

    @Scheduled(fixedDelayString = "PT1M", initialDelayString = "PT1M")
    void sweep() {
        Set<String> jobs = metrics.jobsWithSeries();
        if (jobs.isEmpty()) {
            return;
        }
        try {
            Set<String> kept = Set.copyOf(jdbc.sql(KEPT)
                    .param("jobspecIds", jobs.toArray(String[]::new))
                    .param("retention", metrics.jobSeriesRetention().toMillis() / 1000.0)
                    .query(String.class)
                    .list());
            jobs.stream().filter(job -> !kept.contains(job)).forEach(metrics::dropJobSeries);
        } catch (DataAccessException away) {
            log.debug("Series of finished jobs could not be looked for", away);
        }
    }
}
