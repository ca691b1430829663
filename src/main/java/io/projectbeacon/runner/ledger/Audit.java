package io.projectbeacon.runner.ledger;

import io.projectbeacon.runner.ledger.DuplicateLedger.Surplus;
import io.projectbeacon.runner.logs.Failures;
import io.projectbeacon.runner.logs.SparingLog;
import io.projectbeacon.runner.metrics.BeaconGauges;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Looks for what must not exist: more than one row for a cell. The unique key rules that out for as long as it stands,
 * so usually only the catalog is asked for the key. Without the key every claim fails closed, the rows are searched,
 * and each surplus row is a duplicate that was not caught: the first runner that writes it into the ledger counts it.
 */
@Component
class Audit {

    private static final Logger log = LoggerFactory.getLogger(Audit.class);

    private static final String KEY_STANDS = "SELECT " + CellKey.STANDS;

    /*
     * Without the key there is no index on the cell, so the table is searched a few jobs at a time along its primary
     * key: each statement is short, however large the table is. Jobs before the first cell are passed by: retention has
     * emptied them.
     */
    private static final String NEXT_JOBS = """
            SELECT coalesce(max(id), 0) FROM (
              SELECT id FROM jobs WHERE id > :after AND id >= (SELECT min(job_id) FROM executions) ORDER BY id LIMIT 500) step
            """;

    private static final String SURPLUS = """
            SELECT e.job_id, j.jobspec_id, e.region, e.model_id, count(*) AS existing_count, max(e.id) AS newest
            FROM executions e JOIN jobs j ON j.id = e.job_id
            WHERE e.job_id > :after AND e.job_id <= :last
            GROUP BY e.job_id, j.jobspec_id, e.region, e.model_id
            HAVING count(*) > 1
            """;

    /* An answer can only have come too late if there was a newer attempt. */
    private static final String DRIFT = """
            SELECT count(*) FROM execution_duplicates d
            WHERE d.layer = 'completion' AND d.outcome = 'allowed'
              AND NOT EXISTS (
                SELECT 1 FROM executions e
                WHERE e.job_id = d.job_id AND e.region = d.region AND e.model_id = d.model_id AND e.attempt > 1)
            """;

    private final JdbcClient jdbc;
    private final DuplicateLedger ledger;
    private final SparingLog refusals = new SparingLog();
    private volatile double keyMissing = Double.NaN;
    private volatile double drift = Double.NaN;

    Audit(JdbcClient jdbc, DuplicateLedger ledger, BeaconGauges gauges) {
        this.jdbc = jdbc;
        this.ledger = ledger;
        gauges.uniqueKeyMissing(this, audit -> audit.keyMissing);
        gauges.ledgerDrift(this, audit -> audit.drift);
    }

    /** Looks once. While the database is away, the gauges are {@code NaN}. */
    void look() {
        boolean stands;
        try {
            stands = jdbc.sql(KEY_STANDS).query(Boolean.class).single();
            keyMissing = stands ? 0 : 1;
        } catch (DataAccessException away) {
            keyMissing = Double.NaN;
            drift = Double.NaN;
            log.warn("The audit could not be made, trying again: {}", Failures.inWords(away));
            return;
        }
        try {
            int unaccounted = stands ? 0 : countSurplus();
            drift = unaccounted + jdbc.sql(DRIFT).query(Long.class).single();
        } catch (DataAccessException away) {
            drift = Double.NaN;
            log.warn("The rows could not be compared with the ledger, trying again: {}", Failures.inWords(away));
        }
    }

    /** @return for how many cells the ledger could not be brought in line with the rows */
    private int countSurplus() {
        log.error("The unique key of executions is missing: no cell is let through until it stands again");
        int failed = 0;
        long after = 0;
        long last = lastOfNextJobs(after);
        while (last > after) {
            for (Surplus cell : surplus(after, last)) {
                failed += account(cell) ? 0 : 1;
            }
            after = last;
            last = lastOfNextJobs(after);
        }
        return failed;
    }

    private long lastOfNextJobs(long after) {
        return jdbc.sql(NEXT_JOBS).param("after", after).query(Long.class).single();
    }

    private boolean account(Surplus cell) {
        try {
            ledger.recordSurplus(cell);
            return true;
        } catch (DataAccessException | TransactionException refused) {
            refusals.line(before -> log.atWarn()
                    .addKeyValue("job_id", cell.jobspecId())
                    .addKeyValue("region", cell.region())
                    .addKeyValue("model_id", cell.modelId())
                    .addKeyValue("also_before", before)
                    .log("A surplus row could not be accounted for, trying again: {}", Failures.inWords(refused)));
            return false;
        }
    }

    private List<Surplus> surplus(long after, long last) {
        return jdbc.sql(SURPLUS)
                .param("after", after)
                .param("last", last)
                .query((row, n) -> new Surplus(
                        row.getLong("job_id"),
                        row.getString("jobspec_id"),
                        row.getString("region"),
                        row.getString("model_id"),
                        row.getLong("newest"),
                        row.getInt("existing_count")))
                .list();
    }
}
