package io.projectbeacon.runner.execution;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.projectbeacon.runner.inference.InferenceClient;
import io.projectbeacon.runner.inference.InferenceProperties;
import io.projectbeacon.runner.inference.InferenceRoom;
import io.projectbeacon.runner.inference.LatencyRange;
import io.projectbeacon.runner.inference.RegionPace;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.metrics.Metrics;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.json.JsonMapper;

/** The execution room of one runner, put together by hand on a connection pool of its own. */
final class Bench {

    static final JsonMapper JSON = JsonMapper.shared();

    final MeterRegistry registry = new SimpleMeterRegistry();
    final ClaimGate gate;
    final NextAttempt nextAttempt;
    final ClaimGroup claims;
    final AttemptRows rows;
    final Completion completion;
    final DuplicateLedger ledger;
    final OpenCells openCells;
    final Audit audit;
    final CellRunner cells;

    Bench(String name, HikariDataSource pool, InferenceClient inference) {
        this(name, pool, inference, new Settlement(JdbcClient.create(pool)));
    }

    Bench(String name, HikariDataSource pool, InferenceClient inference, JobSettlement settlement) {
        JdbcClient jdbc = JdbcClient.create(pool);
        BeaconMetrics metrics = Metrics.in(registry);
        RunnerName runner = new RunnerName(name);
        ProviderName provider = new ProviderName("test");
        PatientWriter writer = new PatientWriter(pool.getMaximumPoolSize());
        JdbcTemplate template = new JdbcTemplate(pool);
        gate = new ClaimGate(template, JSON, runner, provider);
        nextAttempt = new NextAttempt(template, JSON, metrics);
        claims = new ClaimGroup(gate, writer, metrics);
        TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(pool));
        ledger = new DuplicateLedger(
                jdbc, transaction, new StoppedDuplicates(template, writer, runner), metrics, runner);
        audit = new Audit(jdbc, ledger, Metrics.gauges(registry));
        rows = new AttemptRows(template, JSON, provider);
        completion = new Completion(
                jdbc, transaction, new CompletionGroup(rows, writer), rows, writer, ledger, settlement, metrics);
        RegionPace pace = InferenceRoom.pace();
        Traces traces = new Traces(Optional.empty());
        openCells = new OpenCells(jdbc, metrics, provider);
        cells = new CellRunner(
                claims,
                new ClaimIds(),
                nextAttempt,
                new AttemptCalls(inference, pace, completion, metrics, traces, JSON),
                pace,
                new RetryPolicy(inference(3, Duration.ofMillis(2), Duration.ofMillis(10))),
                completion,
                ledger,
                writer,
                metrics,
                traces);
    }

    static InferenceProperties inference(int maxAttempts, Duration initialBackoff, Duration maxBackoff) {
        return new InferenceProperties(
                InferenceProperties.Provider.SIMULATED,
                Duration.ofSeconds(10),
                Duration.ofSeconds(1),
                maxAttempts,
                new InferenceProperties.Backoff(initialBackoff, maxBackoff),
                new InferenceProperties.Simulated(LatencyRange.of("0ms"), 0, 0));
    }

    /** A turn whose lease always holds, and whose pauses are over at once. */
    static Turn turn() {
        return turn(() -> true, wait -> true);
    }

    static Turn turn(BooleanSupplier lease, Predicate<Duration> pause) {
        return new Turn() {
            @Override
            public boolean awaitLease() {
                return lease.getAsBoolean();
            }

            @Override
            public boolean pause(Duration atLeast) {
                return pause.test(atLeast);
            }
        };
    }

    static Attempt attempt(Run run, UUID claimId, Claim.Claimed claimed) {
        return Attempt.of(run, cell("us-east", "a"), claimId, claimed);
    }

    static CellWork cell(String region, String model) {
        return new CellWork(region, model, JSON.createObjectNode().put("id", model), List.of("Who are you?"), null);
    }

    static Run run(long jobId, long fence, RunCause cause) {
        return new Run(jobId, "job-" + jobId, fence, cause, false);
    }

    static Run holding(long jobId, long fence) {
        return new Run(jobId, "job-" + jobId, fence, RunCause.REDELIVERY, true);
    }

    double detected(String layer) {
        return registry.get("beacon.duplicates")
                .tags("outcome", "detected", "layer", layer)
                .counter()
                .count();
    }

    double allowed() {
        return registry.get("beacon.duplicates").tags("outcome", "allowed").counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    double unknown() {
        return registry.find("beacon.executions.unknown").counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    /** What the job room does for a late answer, as far as these tests look at it. */
    private record Settlement(JdbcClient jdbc) implements JobSettlement {

        @Override
        public void lock(long jobId) {
            jdbc.sql("SELECT id FROM jobs WHERE id = ? FOR UPDATE")
                    .param(jobId)
                    .query(Long.class)
                    .single();
        }

        @Override
        public void settle(long jobId) {
            jdbc.sql("UPDATE jobs SET status = 'completed' WHERE id = ? AND status = 'failed'")
                    .param(jobId)
                    .update();
        }
    }
}
