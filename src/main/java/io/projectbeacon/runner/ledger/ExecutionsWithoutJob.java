package io.projectbeacon.runner.ledger;

import io.projectbeacon.runner.logs.Failures;
import io.projectbeacon.runner.logs.SparingLog;
import io.projectbeacon.runner.metrics.BeaconGauges;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Looks for what must not exist: executions whose job has no row. No foreign key rules them out; a claim inserts from the
 * row of its job, and a trigger deletes the executions of deleted jobs. So these come of work by hand only, as of a DELETE
 * of jobs with triggers turned off.
 *
 * <p>A look passes over some thousand jobs, however many rows each has, and the next one goes on behind them, so that a
 * walk over the whole table disturbs no other work: a look took some 30 ms with five million rows. What a look reads is of
 * one moment, so a claim or a deletion that is under way is never taken for such a row.
 */
@Component
class ExecutionsWithoutJob {

    private static final Logger log = LoggerFactory.getLogger(ExecutionsWithoutJob.class);

    private static final int JOBS_A_LOOK = 5_000;
    private static final long START = Long.MIN_VALUE;

    /*
     * From one job to the next along the primary key of executions. The subqueries are asked for each job by an index, where a
     * join might read all of jobs.
     */
    private static final String NEXT = """
            WITH RECURSIVE step (job, number) AS (
              SELECT min(job_id), 1 FROM executions WHERE job_id > :after
              UNION ALL
              SELECT (SELECT min(job_id) FROM executions WHERE job_id > step.job), number + 1
              FROM step WHERE job IS NOT NULL AND number < :limit
            ), looked AS MATERIALIZED (
              SELECT job, CASE WHEN (SELECT id FROM jobs WHERE id = job) IS NULL
                THEN (SELECT count(*) FROM executions WHERE job_id = job) END AS found
              FROM step
            )
            SELECT count(job) AS looked_at, max(job) AS last, coalesce(sum(found), 0) AS found,
              min(job) FILTER (WHERE found > 0) AS example
            FROM looked
            """;

    /**
     * What a look found.
     *
     * @param last the last job that it came to; the walk is over when it came to fewer than it might have
     * @param found executions without a job
     * @param example the first job that is missing, if any is
     */
    private record Step(int lookedAt, long last, long found, long example) {}

    private final JdbcClient jdbc;
    private final SparingLog lines = new SparingLog();
    private long after = START;
    private long foundInThisWalk;
    private long foundInTheLast;
    private volatile double shown;

    ExecutionsWithoutJob(JdbcClient jdbc, BeaconGauges gauges) {
        this.jdbc = jdbc;
        gauges.executionsWithoutJob(this, executions -> executions.shown);
    }

    /** Goes one step on. While the database is away, the gauge is {@code NaN}. */
    void look() {
        look(JOBS_A_LOOK);
    }

    void look(int jobs) {
        try {
            Step step = next(jobs);
            foundInThisWalk += step.found();
            after = step.last();
            if (step.lookedAt() < jobs) {
                foundInTheLast = foundInThisWalk;
                foundInThisWalk = 0;
                after = START;
            }
            shown = Math.max(foundInTheLast, foundInThisWalk);
            if (step.found() > 0) {
                report(step);
            }
        } catch (DataAccessException away) {
            shown = Double.NaN;
            log.warn("Executions without a job could not be looked for, trying again: {}", Failures.inWords(away));
        }
    }

    private void report(Step step) {
        lines.line(before -> log.atError()
                .addKeyValue("also_before", before)
                .log(
                        "Found {} execution(s) whose job has no row, the first of job number {}. None is claimed or shown; docs/metrics.md says what to do",
                        step.found(),
                        step.example()));
    }

    private Step next(int jobs) {
        return jdbc.sql(NEXT)
                .param("after", after)
                .param("limit", jobs)
                .query((row, n) -> new Step(
                        row.getInt("looked_at"), row.getLong("last"), row.getLong("found"), row.getLong("example")))
                .single();
    }
}
