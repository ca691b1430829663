package io.projectbeacon.runner.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import io.projectbeacon.runner.domain.Cell;
import io.projectbeacon.runner.domain.DuplicateLayer;
import io.projectbeacon.runner.domain.DuplicateOutcome;
import io.projectbeacon.runner.domain.ExecutionStatus;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.ledger.DuplicateLedger;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.Race;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;

/** What the statements that write many rows do, on the real database. */
class BatchesTest {

    private Database database;
    private ExecutionHarness harness;
    private Run one;
    private Run two;

    @BeforeEach
    void twoRunningJobs() {
        database = Database.fresh();
        harness = new ExecutionHarness("runner", database.pool(8), request -> new Answer("yes", null, null));
        one = ExecutionHarness.run(database.runningJob("one", 1, "rerun", 100), 1, RunCause.SUBMISSION);
        two = ExecutionHarness.holding(database.runningJob("two", 7, "hold", 100), 7);
    }

    @AfterEach
    void close() {
        database.close();
    }

    /**
     * A claim of a batch, and its answer.
     *
     * @param answer null when the batch leaves the claim undecided
     */
    private record Expected(ClaimRequest request, @Nullable Class<? extends ClaimResult> answer) {}

    private void assertAnswered(List<Expected> batch) {
        List<Optional<ClaimResult>> answers =
                claimedTogether(batch.stream().map(Expected::request).toArray(ClaimRequest[]::new));
        assertThat(answers).hasSameSizeAs(batch);
        for (int n = 0; n < batch.size(); n++) {
            assertThat(answers.get(n).map(ClaimResult::getClass).orElse(null))
                    .as(batch.get(n).request().toString())
                    .isEqualTo(batch.get(n).answer());
        }
    }

    private void setFence(Run run, long fence) {
        database.jdbc()
                .sql("UPDATE jobs SET fence = ? WHERE id = ?")
                .params(fence, run.jobId())
                .update();
    }

    private static ClaimRequest request(Run run, String model) {
        return new ClaimRequest(run, "us-east", model, UUID.randomUUID());
    }

    private Attempt claimed(Run run, String model) {
        ClaimRequest request = request(run, model);
        return ExecutionHarness.attempt(run, request.claimId(), (ClaimResult.Claimed) harness.statement.claim(request));
    }

    private List<Optional<ClaimResult>> claimedTogether(ClaimRequest... requests) {
        try {
            return harness.statement.claimTogether(List.of(requests));
        } catch (DataAccessException failed) {
            throw new AssertionError("the batch has failed as a whole", failed);
        }
    }

    private RowWrite completed(Attempt attempt) {
        return harness.writer.row(
                attempt,
                RowState.of(
                        attempt,
                        new AttemptEnd.Completed(Answers.fresh(
                                List.of(ExecutionHarness.JSON.createObjectNode().put("response", "yes"))))));
    }

    /** Locks the job's row as a cancel does. */
    private Connection locked(Run run) throws Exception {
        Connection other = database.pool(1).getConnection();
        other.setAutoCommit(false);
        other.createStatement().execute("SELECT id FROM jobs WHERE id = " + run.jobId() + " FOR UPDATE");
        return other;
    }

    private long count(String where) {
        return database.count("SELECT count(*) FROM executions WHERE " + where);
    }

    @Nested
    class ClaimsTogether {

        @Test
        void claims_of_several_jobs_are_each_answered_as_they_would_be_alone() {
            Run earlier = ExecutionHarness.holding(two.jobId(), 6);
            setFence(two, 6);
            harness.statement.claim(request(earlier, "held"));
            setFence(two, 7);
            RowWrite done = completed(claimed(one, "done"));
            assertThat(harness.writer.writeAlone(done)).isTrue();
            ClaimRequest mine = request(one, "mine");
            ClaimResult before = harness.statement.claim(mine);

            List<Expected> batch = List.of(
                    new Expected(request(two, "held"), ClaimResult.HeldUnknown.class),
                    new Expected(request(one, "free"), ClaimResult.Claimed.class),
                    new Expected(request(one, "done"), ClaimResult.Duplicate.class),
                    new Expected(mine, ClaimResult.Claimed.class),
                    new Expected(request(two, "free"), ClaimResult.Claimed.class),
                    new Expected(request(earlier, "x"), null));

            assertAnswered(batch);
            assertThat(harness.statement.claim(mine)).isEqualTo(before);
            assertThat(count("model_id = 'x'")).isZero();
        }

        @Test
        void of_several_claims_of_one_cell_in_one_batch_one_gets_it_and_the_others_are_stopped() {
            assertAnswered(List.of(
                    new Expected(request(one, "a"), ClaimResult.Claimed.class),
                    new Expected(request(one, "a"), ClaimResult.Duplicate.class),
                    new Expected(request(two, "a"), ClaimResult.Claimed.class),
                    new Expected(request(one, "a"), ClaimResult.Duplicate.class)));
            assertThat(count("true")).isEqualTo(2);
        }

        @Test
        void a_batch_of_claims_that_is_sent_again_because_its_answer_was_lost_gives_the_same_answers() {
            List<ClaimRequest> batch = List.of(request(one, "a"), request(two, "b"));
            List<Optional<ClaimResult>> first = harness.statement.claimTogether(batch);
            assertThat(harness.statement.claimTogether(batch)).isEqualTo(first);
            assertThat(count("attempt = 1")).isEqualTo(2);
        }

        @Test
        void claims_that_meet_in_many_cells_in_opposite_orders_wait_for_each_other_without_a_deadlock()
                throws Exception {
            try (Race race = new Race(4)) {
                for (int round = 0; round < 50; round++) {
                    String prefix = "model-" + round + "-";
                    List<ClaimRequest> batch = new ArrayList<>(IntStream.range(0, 50)
                            .mapToObj(n -> request(n % 2 == 0 ? one : two, prefix + n))
                            .toList());
                    List<Callable<Long>> claims = new ArrayList<>();
                    for (int runner = 0; runner < 4; runner++) {
                        Collections.reverse(batch);
                        List<ClaimRequest> own = batch.stream()
                                .map(request -> request(request.run(), request.modelId()))
                                .toList();
                        claims.add(() -> harness.statement.claimTogether(own).stream()
                                .filter(claim -> claim.orElseThrow() instanceof ClaimResult.Claimed)
                                .count());
                    }
                    assertThat(race.run(claims).stream().mapToLong(n -> n).sum())
                            .isEqualTo(50);
                }
            }
        }
    }

    @Nested
    class Ends {

        @Test
        void ends_are_written_for_the_attempt_that_the_row_is_at_and_for_no_other() {
            RowWrite current = completed(claimed(one, "a"));
            Attempt past = claimed(one, "b");
            database.jdbc()
                    .sql("UPDATE executions SET attempt = 2 WHERE model_id = 'b'")
                    .update();
            Attempt replaced = claimed(two, "c");
            database.jdbc()
                    .sql("UPDATE jobs SET fence = 8 WHERE id = ?")
                    .param(two.jobId())
                    .update();
            assertThat(harness.writer.writeTogether(List.of(completed(past), current, completed(replaced))))
                    .isEqualTo(Set.of(1));
            assertThat(count("status = 'completed'")).isEqualTo(1);
            assertThat(harness.writer.writeTogether(List.of(current))).isEmpty();
        }

        @Test
        void an_end_that_the_database_refuses_fails_no_other() throws Exception {
            database.jdbc()
                    .sql("ALTER TABLE executions ADD CHECK (status <> 'completed' OR model_id <> 'refused')")
                    .update();
            List<Attempt> attempts = new ArrayList<>();
            for (int n = 0; n < 16; n++) {
                String model = n == 5 ? "refused" : "model-" + n;
                ClaimRequest request = request(one, model);
                ClaimResult.Claimed claim = (ClaimResult.Claimed) harness.statement.claim(request);
                attempts.add(Attempt.of(one, ExecutionHarness.cell("us-east", model), request.claimId(), claim));
            }
            assertThatThrownBy(() -> harness.writer.writeTogether(
                            attempts.stream().map(BatchesTest.this::completed).toList()))
                    .isInstanceOf(DataIntegrityViolationException.class);
            assertThat(count("status = 'completed'")).isZero();
            try (Race race = new Race(16)) {
                List<Callable<Optional<ExecutionStatus>>> ends = new ArrayList<>();
                attempts.forEach(attempt -> ends.add(
                        () -> harness.completion.ended(attempt, new AttemptEnd.Completed(Answers.NONE), null)));
                race.run(ends);
            }
            assertThat(count("status = 'completed'")).isEqualTo(15);
            assertThat(count("model_id = 'refused' AND error_code = 'not_storable' AND error_paid"))
                    .isEqualTo(1);
        }

        @Test
        void ends_that_meet_in_many_cells_in_opposite_orders_wait_for_each_other_and_each_is_written_once()
                throws Exception {
            try (Race race = new Race(4)) {
                for (int round = 0; round < 20; round++) {
                    List<RowWrite> ends = new ArrayList<>();
                    for (int n = 0; n < 50; n++) {
                        ends.add(completed(claimed(n % 2 == 0 ? one : two, "model-" + round + "-" + n)));
                    }
                    List<Callable<Integer>> writers = new ArrayList<>();
                    for (int writer = 0; writer < 4; writer++) {
                        Collections.reverse(ends);
                        List<RowWrite> own = List.copyOf(ends);
                        writers.add(() -> harness.writer.writeTogether(own).size());
                    }
                    assertThat(race.run(writers).stream().mapToInt(n -> n).sum())
                            .isEqualTo(50);
                }
            }
        }

        @Test
        void an_end_whose_row_a_stranger_holds_does_not_hold_up_the_others_for_long() throws Exception {
            Attempt free = claimed(one, "free");
            Attempt stuck = claimed(one, "stuck");
            try (Connection stranger = database.pool(1).getConnection();
                    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                stranger.setAutoCommit(false);
                stranger.createStatement().execute("SELECT FROM executions WHERE model_id = 'stuck' FOR UPDATE");
                assertThatThrownBy(() -> harness.writer.writeTogether(List.of(completed(stuck), completed(free))))
                        .isInstanceOf(DataAccessException.class);
                AttemptEnd.Completed brought = new AttemptEnd.Completed(Answers.NONE);
                Future<Optional<ExecutionStatus>> late =
                        threads.submit(() -> harness.completion.ended(stuck, brought, null));
                assertThat(harness.completion.ended(free, brought, null)).contains(ExecutionStatus.COMPLETED);
                assertThat(late).isNotDone();
                stranger.rollback();
                assertThat(late.get()).contains(ExecutionStatus.COMPLETED);
            }
            assertThat(count("status = 'completed'")).isEqualTo(2);
        }
    }

    @Nested
    class WhileAJobsRowIsLocked {

        @Test
        void neither_claims_nor_ends_wait_for_a_job_that_somebody_holds() throws Exception {
            RowWrite free = completed(claimed(one, "a"));
            RowWrite stuck = completed(claimed(two, "a"));
            try (Connection cancel = locked(two)) {
                List<Optional<ClaimResult>> claims = claimedTogether(request(two, "b"), request(one, "b"));
                assertThat(claims.get(0)).isEmpty();
                assertThat(claims.get(1)).containsInstanceOf(ClaimResult.Claimed.class);
                assertThat(harness.writer.writeTogether(List.of(stuck, free))).isEqualTo(Set.of(1));
                cancel.rollback();
            }
            assertThat(harness.writer.writeTogether(List.of(stuck))).isEqualTo(Set.of(0));
        }

        @Test
        void many_ends_of_a_job_that_somebody_holds_do_not_hold_up_claims_and_ends_of_others() throws Exception {
            AttemptEnd.Completed brought = new AttemptEnd.Completed(Answers.NONE);
            List<Attempt> stuck = IntStream.range(0, 20)
                    .mapToObj(n -> claimed(one, "stuck-" + n))
                    .toList();
            Attempt free = claimed(two, "free");
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                    Connection stranger = database.pool(1).getConnection()) {
                stranger.setAutoCommit(false);
                stranger.createStatement().execute("SELECT FROM jobs WHERE id = " + one.jobId() + " FOR UPDATE");
                List<Future<Optional<ExecutionStatus>>> late = stuck.stream()
                        .map(attempt -> threads.submit(() -> harness.completion.ended(attempt, brought, null)))
                        .toList();
                await().until(() -> database.count(
                                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
                        >= 4);
                assertTimeout(Duration.ofSeconds(2), () -> {
                    assertThat(harness.completion.ended(free, brought, null)).contains(ExecutionStatus.COMPLETED);
                    assertThat(harness.claim(request(two, "more"))).isInstanceOf(ClaimResult.Claimed.class);
                });
                assertThat(late).noneMatch(Future::isDone);
                stranger.rollback();
                for (Future<Optional<ExecutionStatus>> end : late) {
                    assertThat(end.get()).contains(ExecutionStatus.COMPLETED);
                }
            }
            assertThat(count("status = 'completed'")).isEqualTo(21);
        }
    }

    @Nested
    class Duplicates {

        @Test
        void duplicates_that_come_together_are_each_counted_and_one_of_a_deleted_job_fails_no_other() throws Exception {
            Run gone = ExecutionHarness.run(99, 1, RunCause.SUBMISSION);
            try (Race race = new Race(16)) {
                List<Callable<Boolean>> duplicates = new ArrayList<>();
                for (int n = 0; n < 320; n++) {
                    Run run = n % 16 == 7 ? gone : n % 2 == 0 ? one : two;
                    Cell cell = new Cell(run.jobId(), "us-east", "model-" + n % 3);
                    duplicates.add(() -> {
                        harness.ledger.record(
                                run,
                                cell,
                                DuplicateLayer.CLAIM,
                                DuplicateOutcome.DETECTED,
                                new DuplicateLedger.Existing(1L, ExecutionStatus.RUNNING, 1),
                                UUID.randomUUID());
                        return true;
                    });
                }
                for (int n = 0; n < duplicates.size(); n += 16) {
                    race.run(duplicates.subList(n, n + 16));
                }
            }
            assertThat(database.count("SELECT sum(occurrences) FROM execution_duplicates"))
                    .isEqualTo(300);
            assertThat(database.count("SELECT count(*) FROM execution_duplicates"))
                    .isEqualTo(6);
            assertThat(harness.detected("claim")).isEqualTo(300);
        }
    }
}
