package io.projectbeacon.runner.execution;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.projectbeacon.runner.database.ConnectionShares;
import io.projectbeacon.runner.database.GroupCommits;
import io.projectbeacon.runner.database.UninterruptedWrites;
import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.Conversation;
import io.projectbeacon.runner.domain.OnUnknown;
import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.domain.ProviderName;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.domain.RunnerName;
import io.projectbeacon.runner.inference.InferenceClient;
import io.projectbeacon.runner.inference.InferenceProperties;
import io.projectbeacon.runner.inference.LatencyRange;
import io.projectbeacon.runner.job.JobRoom;
import io.projectbeacon.runner.ledger.DuplicateLedger;
import io.projectbeacon.runner.ledger.LedgerRoom;
import io.projectbeacon.runner.metrics.BeaconMetrics;
import io.projectbeacon.runner.metrics.Metrics;
import io.projectbeacon.runner.region.BackoffProperties;
import io.projectbeacon.runner.region.RegionPace;
import io.projectbeacon.runner.region.RegionRoom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.json.JsonMapper;

/** The execution room of one runner, put together by hand on a connection pool of its own. */
final class ExecutionHarness {

    static final JsonMapper JSON = JsonMapper.shared();

    final MeterRegistry registry = new SimpleMeterRegistry();
    final ClaimStatement statement;
    final RetryClaim retryClaim;
    final Claims claims;
    final AttemptWriter writer;
    final Completion completion;
    final DuplicateLedger ledger;
    final CellRunner cells;

    ExecutionHarness(String name, HikariDataSource pool, InferenceClient inference) {
        BeaconMetrics metrics = Metrics.in(registry);
        RunnerName runner = new RunnerName(name);
        ProviderName provider = new ProviderName("test");
        GroupCommits groupCommits = new GroupCommits();
        UninterruptedWrites writes = new UninterruptedWrites(new ConnectionShares(pool.getMaximumPoolSize()));
        JdbcTemplate template = new JdbcTemplate(pool);
        statement = new ClaimStatement(template, JSON, runner, provider);
        retryClaim = new RetryClaim(template, JSON, writes, metrics);
        claims = new Claims(statement, groupCommits, writes);
        ledger = LedgerRoom.ledger(pool, writes, metrics, runner);
        writer = new AttemptWriter(template, groupCommits, JSON, provider);
        completion = new Completion(
                template,
                new TransactionTemplate(new JdbcTransactionManager(pool)),
                writer,
                writes,
                ledger,
                JobRoom.finisher(pool),
                metrics);
        RegionPace pace = RegionRoom.pace();
        Traces traces = new Traces(Optional.empty());
        cells = new CellRunner(
                claims,
                new ClaimIds(),
                retryClaim,
                new AttemptCalls(inference, pace, completion, metrics, traces, JSON),
                pace,
                new RetryPolicy(inference(3), new BackoffProperties(Duration.ofMillis(2), Duration.ofMillis(10))),
                completion,
                ledger,
                metrics,
                traces);
    }

    static InferenceProperties inference(int maxAttempts) {
        return new InferenceProperties(
                Provider.SIMULATED,
                Duration.ofSeconds(10),
                Duration.ofSeconds(1),
                Set.of(),
                Set.of(),
                maxAttempts,
                null,
                new InferenceProperties.Simulated(LatencyRange.of("0ms"), 0, 0));
    }

    /** Claims a cell in a batch, or alone when the batch leaves it open, and waits for the answer. */
    ClaimResult claim(ClaimRequest request) {
        CompletableFuture<Optional<ClaimResult>> together = new CompletableFuture<>();
        claims.ask(List.of(request), (place, answer) -> together.complete(answer));
        return together.join().orElseGet(() -> claims.alone(request));
    }

    /** Takes a cell through its steps, and waits for its outcome. An interrupt of the caller reaches the cell. */
    CellOutcome process(Run run, CellWork cell, AwaitedHandle handle) throws InterruptedException {
        cells.begin(run, List.of(new ReadyCell(cell, handle)));
        return handle.outcome();
    }

    /** A handle of a run whose lease is always valid, and whose pauses end at once. */
    static AwaitedHandle handle() {
        return handle(() -> true, wait -> true);
    }

    static AwaitedHandle handle(BooleanSupplier lease, Predicate<Duration> pause) {
        return new AwaitedHandle(lease, pause);
    }

    static Attempt attempt(Run run, UUID claimId, ClaimResult.Claimed claimed) {
        return Attempt.of(run, cell("us-east", "a"), claimId, claimed);
    }

    static CellWork cell(String region, String model) {
        return new CellWork(
                region, model, Conversation.plain(), List.of("Who are you?"), JSON.createObjectNode(), Set.of());
    }

    static Run run(long jobId, long fence, RunCause cause) {
        return new Run(jobId, "job-" + jobId, null, fence, cause, OnUnknown.RERUN, false);
    }

    static Run holding(long jobId, long fence) {
        return new Run(jobId, "job-" + jobId, null, fence, RunCause.REDELIVERY, OnUnknown.HOLD, false);
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
}
