package io.projectbeacon.runner.job;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.projectbeacon.runner.execution.ExecutionRoom;
import io.projectbeacon.runner.execution.JobSettlement;
import io.projectbeacon.runner.execution.KnownTransaction;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.metrics.Metrics;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.json.JsonMapper;

/** Parts of the job room for tests of other rooms. */
public final class JobRoom {

    private JobRoom() {}

    /** What settles jobs in the transactions of this data source. */
    public static JobSettlement settlement(DataSource dataSource) {
        return ends(dataSource, Metrics.in(new SimpleMeterRegistry()));
    }

    static JdbcJobQueue queue(DataSource dataSource, BeaconMetrics metrics) {
        return new JdbcJobQueue(new JdbcTemplate(dataSource), ends(dataSource, metrics), JsonMapper.shared());
    }

    private static JobEnds ends(DataSource dataSource, BeaconMetrics metrics) {
        JdbcClient jdbc = JdbcClient.create(dataSource);
        return new JobEnds(
                new JdbcTemplate(dataSource),
                new KnownTransaction(new TransactionTemplate(new JdbcTransactionManager(dataSource)), jdbc),
                ExecutionRoom.openCells(jdbc, metrics),
                metrics);
    }
}
