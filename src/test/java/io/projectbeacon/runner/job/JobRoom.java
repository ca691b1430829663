package io.projectbeacon.runner.job;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.projectbeacon.runner.database.ConfirmedTransaction;
import io.projectbeacon.runner.database.ConnectionShares;
import io.projectbeacon.runner.database.GroupCommits;
import io.projectbeacon.runner.domain.JobName;
import io.projectbeacon.runner.domain.ParameterNames;
import io.projectbeacon.runner.domain.ProviderName;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.job.JobQueue.Shares;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.metrics.Metrics;
import io.projectbeacon.runner.support.RunnerApp;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Parts of the job room for tests of other rooms. */
public final class JobRoom {

    /** No caller has had anything, or has as much as it may. */
    public static final Shares NO_SHARES = new Shares(Map.of(), Set.of());

    private JobRoom() {}

    /** A finisher whose transactions run on this data source. */
    public static JobFinisher finisher(DataSource dataSource) {
        return finisher(dataSource, Metrics.in(new SimpleMeterRegistry()));
    }

    /** The real queue, with a step that runs right after the queue was asked which runs own their jobs. */
    public static JobQueue queueThatIsAsked(JdbcTemplate template, Runnable afterwards) {
        return new JobQueue(template, ParameterNames.known()) {
            @Override
            public Set<Run> owned(Collection<Run> runs) {
                Set<Run> owned = super.owned(runs);
                afterwards.run();
                return owned;
            }
        };
    }

    /** What retention does every fifteen seconds, done now. */
    public static void retain(RunnerApp app) {
        app.bean(Retention.class).deleteOldJobs();
        app.bean(Retention.class).freeOldIds();
    }

    /** Erases the content of a job, as over HTTP. */
    public static Jobs.Erasure eraseContent(DataSource dataSource, String jobspecId) {
        return new ContentErasure(new JdbcTemplate(dataSource), transaction(dataSource)).erase(JobName.of(jobspecId));
    }

    /** How many requests wait for the end of a job. */
    public static int waiting(RunnerApp app) {
        return app.bean(JobEnds.class).waiting();
    }

    public static WakeUp wakeUp(StringRedisTemplate redis) {
        return new WakeUp(redis);
    }

    static JobQueue queue(DataSource dataSource) {
        return new JobQueue(new JdbcTemplate(dataSource), ParameterNames.known());
    }

    static JobFinisher finisher(DataSource dataSource, BeaconMetrics metrics) {
        JdbcTransactionManager transactions = new JdbcTransactionManager(dataSource);
        return new JobFinisher(
                new JdbcTemplate(dataSource),
                new ConnectionShares(10),
                transaction(dataSource),
                new GroupCommits(),
                new RunningCells(new JdbcTemplate(dataSource), transactions, metrics, new ProviderName("test")),
                metrics);
    }

    static ConfirmedTransaction transaction(DataSource dataSource) {
        return new ConfirmedTransaction(
                new TransactionTemplate(new JdbcTransactionManager(dataSource)), new JdbcTemplate(dataSource));
    }
}
