package io.projectbeacon.runner.ledger;

import io.projectbeacon.runner.database.GroupCommits;
import io.projectbeacon.runner.database.UninterruptedWrites;
import io.projectbeacon.runner.domain.RunnerName;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Parts of the ledger room for tests of other rooms. */
public final class LedgerRoom {

    private LedgerRoom() {}

    public static DuplicateLedger ledger(
            DataSource dataSource, UninterruptedWrites writes, BeaconMetrics metrics, RunnerName runner) {
        return new DuplicateLedger(
                JdbcClient.create(dataSource),
                new TransactionTemplate(new JdbcTransactionManager(dataSource)),
                new LedgerBatches(new JdbcTemplate(dataSource), new GroupCommits(), writes, runner),
                metrics,
                runner);
    }
}
