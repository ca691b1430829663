package io.projectbeacon.runner.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.JobStatus;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.UnknownCause;
import io.projectbeacon.runner.inference.InferenceRequest;
import io.projectbeacon.runner.inference.InferenceResult.RetryableFailure;
import io.projectbeacon.runner.inference.InferenceResult.Told;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import io.projectbeacon.runner.job.JobFinisher;
import io.projectbeacon.runner.job.JobFinisher.Finish;
import io.projectbeacon.runner.job.JobQueue;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The interleavings that the rules of claim, fence, cancel and retry guard against, played step by step: two runners
 * under the test's control, the service's own queue and API beside them, and a provider whose calls end when the test
 * says so.
 */
class InterleavingsTest {

    /* Stops the transaction that finishes a job when it has read the job's cells and has locked the job's row. */
    private static final String ENDS_ARE_HELD_UP = """
            CREATE FUNCTION held_up() RETURNS trigger LANGUAGE plpgsql
              AS $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;
            CREATE TRIGGER held_up AFTER UPDATE ON jobs FOR EACH ROW
              WHEN (old.status = 'running' AND new.status = 'failed') EXECUTE FUNCTION held_up()
            """;

    private static RunnerApp api;
    private static Database database;
    private static final AtomicInteger ids = new AtomicInteger();

    private final ControlledProvider provider = new ControlledProvider();
    private ExecutorService threads;
    private JobQueue queue;
    private JobFinisher finisher;
    private ExecutionHarness one;
    private ExecutionHarness two;
    private String id;
    private long job;

    @BeforeAll
    static void startApi() {
        String url = TestServers.newDatabase();
        api = RunnerApp.start(url, TestServers.newRedisUrl(), List.of("--beacon.worker.enabled=false"));
        database = Database.at(url);
    }

    @AfterAll
    static void stopApi() {
        database.close();
        api.close();
    }

    @BeforeEach
    void twoRunners() {
        threads = Executors.newVirtualThreadPerTaskExecutor();
        queue = api.bean(JobQueue.class);
        finisher = api.bean(JobFinisher.class);
        one = runner("one");
        two = runner("two");
    }

    private ExecutionHarness runner(String name) {
        HikariDataSource pool = database.pool(4);
        return new ExecutionHarness(name, pool, provider);
    }

    @AfterEach
    void stopRunners() {
        threads.shutdownNow();
    }

    private void submitted(String onUnknown, String... models) {
        id = "job-" + ids.incrementAndGet();
        assertThat(api.submit("""
                        {"id": "%s", "models": ["%s"], "regions": ["us-east"], "constraints": {"on_unknown": "%s"}}
                        """.formatted(id, String.join("\", \"", models), onUnknown))
                        .status())
                .isEqualTo(202);
        job = database.count("SELECT id FROM jobs WHERE jobspec_id = ?", id);
    }

    private Run start() {
        return queue.start(List.of(waiting())).getFirst().run();
    }

    private JobQueue.Waiting waiting() {
        return new JobQueue.Waiting(job, fence(), "default", 0, 0, 1, List.of("us-east"), 1, 1, 1);
    }

    private long fence() {
        return database.count("SELECT fence FROM jobs WHERE id = ?", job);
    }

    /** Takes the job back as a sweeper does, and starts it as the next runner does. */
    private Run takenOver() {
        assertThat(queue.takeBack(new JobQueue.Running(job, fence()))).isTrue();
        return start();
    }

    private void post(String action, String body, int status) {
        assertThat(api.post("/api/v1/jobs/" + id + "/" + action, body).status()).isEqualTo(status);
    }

    private Future<CellOutcome> runs(ExecutionHarness runner, Run run, String model) {
        return runs(runner, run, model, ExecutionHarness.handle());
    }

    private Future<CellOutcome> runs(ExecutionHarness runner, Run run, String model, AwaitedHandle handle) {
        return threads.submit(() -> runner.process(run, ExecutionHarness.cell("us-east", model), handle));
    }

    private String cell(String model) {
        return database.jdbc().sql("""
                        SELECT status || ' ' || attempt || ' ' || coalesce(answers -> 0 ->> 'response', '-') || ' '
                          || jsonb_path_query_array(past_attempts, '$[*].outcome') || ' ' || outcome
                        FROM executions WHERE job_id = ? AND model_id = ?
                        """).params(job, model).query(String.class).single();
    }

    private String status() {
        return api.get("/api/v1/jobs/" + id).json().path("status").asString();
    }

    private String ledger() {
        return database.jdbc()
                .sql("SELECT coalesce(string_agg(layer || ' ' || outcome || ' ' || occurrences, ', '), '')"
                        + " FROM execution_duplicates WHERE job_id = ?")
                .param(job)
                .query(String.class)
                .single();
    }

    /** Waits until a transaction waits for a lock in the database, so that the order of the next steps is certain. */
    private static void awaitLockWait() {
        await().until(() -> lockWaits() > 0);
    }

    private static long lockWaits() {
        return database.count("SELECT count(*) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND wait_event_type = 'Lock'");
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.get(20, TimeUnit.SECONDS);
    }

    @Test
    void a_takeover_between_claim_and_call_makes_a_duplicate_that_is_counted_and_overwrites_nothing() throws Exception {
        submitted("rerun", "a");
        Run first = start();
        AtomicInteger leaseChecks = new AtomicInteger();
        CompletableFuture<Run> second = new CompletableFuture<>();
        // The takeover comes after the last check of the lease and before the first byte: no check can close that gap.
        Future<CellOutcome> late = runs(
                one,
                first,
                "a",
                ExecutionHarness.handle(
                        () -> {
                            if (leaseChecks.incrementAndGet() == 2) {
                                second.complete(takenOver());
                            }
                            return true;
                        },
                        wait -> true));
        ControlledProvider.Call firstCall = provider.next();
        Future<CellOutcome> rerun = runs(two, second.get(), "a");
        provider.next().answer("second");
        assertThat(get(rerun)).isEqualTo(new CellOutcome.Ended(ExecutionStatus.COMPLETED));
        firstCall.answer("first");
        assertThat(get(late)).isInstanceOf(CellOutcome.RunReplaced.class);
        assertThat(cell("a")).isEqualTo("completed 2 second [\"unknown\"] completed");
        assertThat(ledger()).isEqualTo("completion allowed 1");
        assertThat(one.allowed()).isEqualTo(1);
        assertThat(two.unknown()).isEqualTo(1);
        assertThat(provider.calls()).extracting(InferenceRequest::keyNumber).containsExactly(0, 0);
    }

    @Test
    void a_runner_that_lost_its_lease_between_claim_and_call_sends_nothing() throws Exception {
        submitted("rerun", "a");
        Run first = start();
        AtomicInteger leaseChecks = new AtomicInteger();
        CompletableFuture<Run> second = new CompletableFuture<>();
        Future<CellOutcome> late = runs(
                one,
                first,
                "a",
                ExecutionHarness.handle(
                        () -> {
                            if (leaseChecks.incrementAndGet() == 2) {
                                second.complete(takenOver());
                                return false;
                            }
                            return true;
                        },
                        wait -> true));
        assertThat(get(late)).isInstanceOf(CellOutcome.RunReplaced.class);
        Future<CellOutcome> rerun = runs(two, second.get(), "a");
        provider.next().answer("only");
        assertThat(get(rerun)).isEqualTo(new CellOutcome.Ended(ExecutionStatus.COMPLETED));
        assertThat(provider.calls()).hasSize(1);
        assertThat(ledger()).isEmpty();
    }

    @Test
    void cancel_and_retry_while_a_call_runs_count_its_late_success_and_keep_the_newer_answer() throws Exception {
        submitted("rerun", "a");
        Future<CellOutcome> first = runs(one, start(), "a");
        ControlledProvider.Call firstCall = provider.next();
        post("cancel", "", 202);
        assertThat(cell("a")).isEqualTo("cancelled 1 - [] unknown");
        post("retry", "", 202);
        Future<CellOutcome> second = runs(two, start(), "a");
        ControlledProvider.Call secondCall = provider.next();
        firstCall.answer("first");
        assertThat(get(first)).isInstanceOf(CellOutcome.RunReplaced.class);
        secondCall.answer("second");
        assertThat(get(second)).isEqualTo(new CellOutcome.Ended(ExecutionStatus.COMPLETED));
        assertThat(cell("a")).isEqualTo("completed 2 second [\"unknown\"] completed");
        assertThat(ledger()).isEqualTo("completion allowed 1");
    }

    @Test
    void a_cancelled_cell_never_completes_afterwards() throws Exception {
        submitted("rerun", "a");
        Future<CellOutcome> first = runs(one, start(), "a");
        ControlledProvider.Call call = provider.next();
        post("cancel", "", 202);
        call.answer("too late");
        assertThat(get(first)).isInstanceOf(CellOutcome.RunReplaced.class);
        assertThat(cell("a")).isEqualTo("cancelled 1 - [] unknown");
        assertThat(status()).isEqualTo("cancelled");
        assertThat(ledger()).isEmpty();
    }

    @Test
    void a_held_cell_that_was_cancelled_may_complete_afterwards() throws Exception {
        submitted("hold", "a");
        Future<CellOutcome> first = runs(one, start(), "a");
        ControlledProvider.Call call = provider.next();
        post("cancel", "", 202);
        assertThat(cell("a")).isEqualTo("unknown 1 - [] unknown");
        call.answer("after all");
        assertThat(get(first)).isEqualTo(new CellOutcome.Ended(ExecutionStatus.COMPLETED));
        assertThat(cell("a")).isEqualTo("completed 1 after all [] completed");
        assertThat(status()).isEqualTo("cancelled");
    }

    @Test
    void a_time_out_whose_call_succeeded_is_followed_under_the_same_key_or_held() throws Exception {
        UnknownOutcome timeout =
                new UnknownOutcome(UnknownCause.TIMEOUT, "timeout", "sent, and the end was not seen", null);
        submitted("rerun", "a");
        Future<CellOutcome> rerun = runs(one, start(), "a");
        provider.next().fail(timeout);
        ControlledProvider.Call again = provider.next();
        assertThat(cell("a")).isEqualTo("running 2 - [\"unknown\"] running");
        again.answer("again");
        assertThat(get(rerun)).isEqualTo(new CellOutcome.Ended(ExecutionStatus.COMPLETED));
        assertThat(provider.calls()).extracting(InferenceRequest::keyNumber).containsExactly(0, 0);
        assertThat(one.unknown()).isEqualTo(1);

        submitted("hold", "a");
        Future<CellOutcome> held = runs(two, start(), "a");
        provider.next().fail(timeout);
        assertThat(get(held)).isEqualTo(new CellOutcome.Ended(ExecutionStatus.UNKNOWN));
        assertThat(provider.calls()).hasSize(3);
        assertThat(two.unknown()).isEqualTo(1);
    }

    /** Stops a claim that has locked the job's row: it waits for another transaction's uncommitted row of the cell. */
    private Future<CellOutcome> claimUnderWay(Run run, Callable<Void> meanwhile) throws Exception {
        return claimUnderWay(run, meanwhile, 2);
    }

    /**
     * @param waiting how many transactions wait for a lock before the claim goes on: the claim's own, and those of
     *     {@code meanwhile}
     */
    private Future<CellOutcome> claimUnderWay(Run run, Callable<Void> meanwhile, int waiting) throws Exception {
        try (var blocker = database.pool(1).getConnection()) {
            blocker.setAutoCommit(false);
            blocker.createStatement().execute("""
                    INSERT INTO executions
                      (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at)
                    VALUES (%d, 'us-east', 'a', 'running', 1, 'running', 0, gen_random_uuid(), 'x', now(), now())
                    """.formatted(job));
            Future<CellOutcome> claim = runs(one, run, "a");
            awaitLockWait();
            meanwhile.call();
            await().until(() -> lockWaits() >= waiting);
            blocker.rollback();
            return claim;
        }
    }

    @Test
    void a_cancel_waits_for_a_claim_under_way_and_ends_its_cell() throws Exception {
        submitted("rerun", "a");
        CompletableFuture<Void> cancel = new CompletableFuture<>();
        Future<CellOutcome> claim = claimUnderWay(start(), () -> {
            threads.execute(() -> complete(cancel, () -> post("cancel", "", 202)));
            return null;
        });
        get(cancel);
        assertThat(cell("a")).isEqualTo("cancelled 1 - [] unknown");
        provider.next().answer("too late");
        assertThat(get(claim)).isInstanceOf(CellOutcome.RunReplaced.class);
        assertThat(cell("a")).isEqualTo("cancelled 1 - [] unknown");
    }

    @Test
    void a_finalise_waits_for_a_claim_under_way_and_the_job_goes_back_to_the_queue() throws Exception {
        submitted("rerun", "a");
        Run run = start();
        CompletableFuture<Finish> finish = new CompletableFuture<>();
        Future<CellOutcome> claim = claimUnderWay(run, () -> {
            threads.execute(() -> finish.complete(finisher.finish(run)));
            return null;
        });
        assertThat(get(finish)).isInstanceOf(Finish.BackInQueue.class);
        provider.next().answer("counts");
        assertThat(get(claim)).isEqualTo(new CellOutcome.Ended(ExecutionStatus.COMPLETED));
        assertThat(status()).isEqualTo("queued");
        assertThat(finisher.finish(start()))
                .isInstanceOfSatisfying(
                        Finish.Finished.class,
                        ended -> assertThat(ended.status()).isEqualTo(JobStatus.COMPLETED));
    }

    @Test
    void a_takeover_passes_over_a_claim_under_way_and_then_knows_of_it() throws Exception {
        submitted("hold", "a");
        Future<CellOutcome> claim = claimUnderWay(
                start(),
                () -> {
                    assertThat(queue.takeBack(new JobQueue.Running(job, fence())))
                            .isFalse();
                    return null;
                },
                1);
        ControlledProvider.Call call = provider.next();
        assertThat(get(runs(two, takenOver(), "a"))).isInstanceOf(CellOutcome.AlreadyEnded.class);
        assertThat(cell("a")).isEqualTo("unknown 1 - [] unknown");
        call.answer("after all");
        assertThat(get(claim)).isEqualTo(new CellOutcome.Ended(ExecutionStatus.COMPLETED));
        assertThat(provider.calls()).hasSize(1);
    }

    @Test
    void after_a_finalise_beside_a_late_completion_the_status_says_what_the_rows_say() throws Exception {
        for (int round = 0; round < 20; round++) {
            submitted("hold", "a", "b");
            Future<CellOutcome> late = runs(one, start(), "a");
            ControlledProvider.Call call = provider.next();
            Run second = takenOver();
            assertThat(get(runs(two, second, "a"))).isInstanceOf(CellOutcome.AlreadyEnded.class);
            Future<CellOutcome> other = runs(two, second, "b");
            provider.next().answer("b");
            get(other);
            Future<Finish> finish;
            try (var blocker = database.pool(1).getConnection()) {
                blocker.setAutoCommit(false);
                blocker.createStatement().execute("SELECT 1 FROM jobs WHERE id = " + job + " FOR UPDATE");
                finish = threads.submit(() -> finisher.finish(second));
                call.answer("a");
                awaitLockWait();
                blocker.rollback();
            }
            assertThat(get(finish)).isInstanceOf(Finish.Finished.class);
            assertThat(get(late)).isEqualTo(new CellOutcome.Ended(ExecutionStatus.COMPLETED));
            assertThat(status()).isEqualTo("completed");
        }
    }

    @Test
    void a_late_completion_waits_for_a_finalise_that_has_read_the_rows_and_corrects_its_status() throws Exception {
        submitted("hold", "a");
        Future<CellOutcome> late = runs(one, start(), "a");
        ControlledProvider.Call call = provider.next();
        Run second = takenOver();
        assertThat(get(runs(two, second, "a"))).isInstanceOf(CellOutcome.AlreadyEnded.class);
        try (Connection other = database.pool(1).getConnection();
                Statement sql = other.createStatement()) {
            sql.execute(ENDS_ARE_HELD_UP);
            sql.execute("SELECT pg_advisory_lock(1)");
            try {
                Future<Finish> end = threads.submit(() -> finisher.finish(second));
                await().until(() -> lockWaits() == 1);
                call.answer("after all");
                await().until(() -> late.isDone() || lockWaits() == 2);
                sql.execute("SELECT pg_advisory_unlock(1)");
                assertThat(get(end))
                        .isInstanceOfSatisfying(
                                Finish.Finished.class,
                                ended -> assertThat(ended.status()).isEqualTo(JobStatus.FAILED));
            } finally {
                sql.execute("SELECT pg_advisory_unlock_all(); DROP TRIGGER held_up ON jobs; DROP FUNCTION held_up");
            }
        }
        assertThat(get(late)).isEqualTo(new CellOutcome.Ended(ExecutionStatus.COMPLETED));
        assertThat(status()).isEqualTo("completed");
    }

    @Test
    void an_automatic_retry_after_a_takeover_is_turned_away_and_what_failed_is_not_unknown() throws Exception {
        for (String mode : List.of("rerun", "hold")) {
            submitted(mode, "a");
            CompletableFuture<Run> second = new CompletableFuture<>();
            Future<CellOutcome> first = runs(one, start(), "a", ExecutionHarness.handle(() -> true, wait -> {
                assertThat(cell("a")).isEqualTo("running 1 - [] failed");
                second.complete(takenOver());
                return true;
            }));
            provider.next().fail(new RetryableFailure("http_500", "broken", 500, null, Told.OUTCOME));
            Run next = get(second);
            int before = provider.calls().size();
            await().until(() -> first.isDone() || provider.calls().size() > before);
            assertThat(provider.calls()).hasSize(before);
            assertThat(get(first)).isInstanceOf(CellOutcome.RunReplaced.class);
            Future<CellOutcome> again = runs(two, next, "a");
            ControlledProvider.Call call = provider.next();
            assertThat(call.request().keyNumber()).isEqualTo(1);
            call.answer("second");
            assertThat(get(again)).isEqualTo(new CellOutcome.Ended(ExecutionStatus.COMPLETED));
            assertThat(cell("a")).isEqualTo("completed 2 second [\"failed\"] completed");
            assertThat(one.unknown() + two.unknown()).isZero();
        }
        assertThat(provider.calls()).hasSize(4);
    }

    @Test
    void an_automatic_retry_that_finds_the_next_attempt_made_by_another_run_is_turned_away() throws Exception {
        submitted("rerun", "a");
        CompletableFuture<ControlledProvider.Call> second = new CompletableFuture<>();
        Future<CellOutcome> first = runs(one, start(), "a", ExecutionHarness.handle(() -> true, wait -> {
            runs(two, takenOver(), "a");
            try {
                second.complete(provider.next());
            } catch (Exception e) {
                second.completeExceptionally(e);
            }
            return true;
        }));
        provider.next().fail(new RetryableFailure("http_500", "broken", 500, null, Told.OUTCOME));
        ControlledProvider.Call call = get(second);
        await().until(() -> first.isDone() || provider.calls().size() > 2);
        assertThat(provider.calls()).hasSize(2);
        assertThat(get(first)).isInstanceOf(CellOutcome.RunReplaced.class);
        call.answer("second");
        await().until(() -> cell("a").equals("completed 2 second [\"failed\"] completed"));
    }

    @Test
    void an_automatic_retry_after_a_cancel_is_turned_away() throws Exception {
        submitted("hold", "a");
        Future<CellOutcome> first = runs(one, start(), "a", ExecutionHarness.handle(() -> true, wait -> {
            post("cancel", "", 202);
            return true;
        }));
        provider.next().fail(new RetryableFailure("http_500", "broken", 500, null, Told.OUTCOME));
        assertThat(get(first)).isInstanceOf(CellOutcome.RunReplaced.class);
        assertThat(cell("a")).isEqualTo("cancelled 1 - [] failed");
        assertThat(provider.calls()).hasSize(1);
    }

    @Test
    void an_automatic_retry_whose_answer_was_lost_is_ours_when_it_is_asked_for_again() throws Exception {
        submitted("rerun", "a");
        Run run = start();
        UUID claimId = UUID.randomUUID();
        Attempt attempt = ExecutionHarness.attempt(run, claimId, (ClaimResult.Claimed)
                one.statement.claim(new ClaimRequest(run, "us-east", "a", claimId)));
        one.completion.ended(
                attempt,
                new AttemptEnd.Failed(
                        Answers.NONE, new RetryableFailure("http_500", "broken", 500, null, Told.OUTCOME), true),
                Counted.NONE);
        assertThat(one.retryClaim.claim(attempt)).isPresent();
        assertThat(one.retryClaim.claim(attempt)).hasValueSatisfying(claimed -> {
            assertThat(claimed.attempt()).isEqualTo(2);
            assertThat(claimed.keyNumbers().of(0)).isEqualTo(1);
        });
        assertThat(cell("a")).isEqualTo("running 2 - [\"failed\"] running");
    }

    @Test
    void a_retry_that_includes_unknown_and_whose_run_dies_is_not_repeated_by_the_next_run() throws Exception {
        submitted("hold", "a", "b");
        Run first = start();
        runs(one, first, "a");
        provider.next();
        post("cancel", "", 202);
        post("retry", "{\"include_unknown\": true}", 202);
        Run dies = start();
        runs(one, dies, "a");
        provider.next();
        assertThat(cell("a")).isEqualTo("running 2 - [\"unknown\"] running");
        Run next = takenOver();
        assertThat(get(runs(two, next, "a"))).isInstanceOf(CellOutcome.AlreadyEnded.class);
        assertThat(cell("a")).isEqualTo("unknown 2 - [\"unknown\"] unknown");
        Future<CellOutcome> other = runs(two, next, "b");
        provider.next().answer("b");
        get(other);
        assertThat(finisher.finish(next))
                .isInstanceOfSatisfying(
                        Finish.Finished.class,
                        ended -> assertThat(ended.status()).isEqualTo(JobStatus.PARTIAL));
        post("retry", "", 202);
        assertThat(get(runs(two, start(), "a"))).isInstanceOf(CellOutcome.AlreadyEnded.class);
        assertThat(provider.calls()).hasSize(3);
    }

    @Test
    void of_a_start_and_a_cancel_the_cancel_stands_and_no_call_is_made() throws Exception {
        submitted("rerun", "a");
        JobQueue.Waiting seen = waiting();
        post("cancel", "", 202);
        assertThat(queue.start(List.of(seen))).isEmpty();
        for (int round = 0; round < 30; round++) {
            submitted("rerun", "a");
            JobQueue.Waiting next = waiting();
            Future<?> cancel = threads.submit(() -> post("cancel", "", 202));
            queue.start(List.of(next)).forEach(started -> {
                try {
                    get(cancel);
                    assertThat(get(runs(one, started.run(), "a"))).isInstanceOf(CellOutcome.RunReplaced.class);
                } catch (Exception e) {
                    throw new CompletionException(e);
                }
            });
            get(cancel);
            assertThat(status()).isEqualTo("cancelled");
        }
        assertThat(provider.calls()).isEmpty();
    }

    private static void complete(CompletableFuture<Void> future, Runnable step) {
        try {
            step.run();
            future.complete(null);
        } catch (Throwable e) {
            future.completeExceptionally(e);
        }
    }
}
