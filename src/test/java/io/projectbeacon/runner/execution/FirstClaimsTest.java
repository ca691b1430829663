package io.projectbeacon.runner.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.projectbeacon.runner.database.Page;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.Link;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessException;

/** The claims of first runs, which are inserted together, and the ways in which that fails. */
class FirstClaimsTest {

    private static final List<String> NO_ROW_OR_ONE =
            List.of("", "running", "completed", "failed", "cancelled", "unknown");

    private Database database;
    private ExecutionHarness harness;
    private Run one;
    private Run two;
    private Run later;

    @BeforeEach
    void twoJobsInTheirFirstRunAndOneInALaterRun() {
        database = Database.fresh();
        harness = harness(database.pool(8));
        one = run("one", 1);
        two = run("two", 1);
        later = run("later", 2);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private static ExecutionHarness harness(HikariDataSource pool) {
        return new ExecutionHarness("runner", pool, request -> new Answer("yes", null, null));
    }

    private Run run(String id, long fence) {
        return ExecutionHarness.run(database.runningJob(id, fence, "rerun", 100), fence, RunCause.SUBMISSION);
    }

    private static ClaimRequest claim(Run run, String model) {
        return new ClaimRequest(run, "us-east", model, UUID.randomUUID());
    }

    private static List<ClaimRequest> claims(Run run, String... models) {
        return Stream.of(models).map(model -> claim(run, model)).toList();
    }

    private List<Optional<ClaimResult>> together(List<ClaimRequest> claims) {
        try {
            return harness.statement.claimTogether(claims);
        } catch (DataAccessException failed) {
            throw new AssertionError("the batch has failed as a whole", failed);
        }
    }

    @SafeVarargs
    private static void assertAnswers(List<Optional<ClaimResult>> answers, Class<? extends ClaimResult>... expected) {
        assertThat(answers.stream().map(answer -> answer.map(Object::getClass)).toList())
                .isEqualTo(Stream.of(expected).map(Optional::of).toList());
    }

    private static long id(Optional<ClaimResult> answer) {
        return ((ClaimResult.Claimed) answer.orElseThrow()).executionId();
    }

    private static List<Long> ids(List<Optional<ClaimResult>> answers) {
        return answers.stream().map(FirstClaimsTest::id).toList();
    }

    private void given(Run run, String model, String status, long fence) {
        database.jdbc().sql("""
                        INSERT INTO executions
                          (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at,
                           started_at, completed_at, error_code, error_message, error_provider)
                        SELECT ?, 'us-east', ?, s, 1, s, ?, gen_random_uuid(), 'hand', now(), now(),
                          CASE WHEN s <> 'running' THEN now() END,
                          CASE WHEN s = 'failed' THEN 'x' END, CASE WHEN s = 'failed' THEN 'x' END,
                          CASE WHEN s = 'failed' THEN 'x' END
                        FROM (SELECT ?::text AS s) status
                        """).params(run.jobId(), model, fence, status).update();
    }

    private void execute(String sql) {
        database.jdbc().sql(sql).update();
    }

    private long rows() {
        return database.count("SELECT count(*) FROM executions");
    }

    /** Whether these are ids of one block, in the order of the batch. */
    private static void assertOneBlock(List<Long> ids) {
        assertThat(ids)
                .isEqualTo(LongStream.range(0, ids.size())
                        .mapToObj(n -> ids.getFirst() + n)
                        .toList());
    }

    @Nested
    class WithoutAFault {

        @Test
        void they_are_answered_with_what_their_rows_say() {
            List<ClaimRequest> batch =
                    List.of(claim(two, "b"), claim(one, "c"), claim(one, "a"), claim(two, "a"), claim(one, "b"));
            List<Optional<ClaimResult>> answers = together(batch);
            assertOneBlock(ids(answers));
            for (int n = 0; n < batch.size(); n++) {
                assertThat(harness.statement.claim(batch.get(n)))
                        .isEqualTo(answers.get(n).orElseThrow());
            }
            assertThat(rows()).isEqualTo(5);
        }

        @Test
        void only_a_run_that_owns_its_job_is_answered_and_none_waits_for_a_lock() throws Exception {
            Run locked = run("locked", 1);
            Run replaced = run("replaced", 1);
            Run cancelled = run("cancelled", 1);
            execute("UPDATE jobs SET fence = 2 WHERE jobspec_id = 'replaced'");
            execute("UPDATE jobs SET status = 'cancelled', finished_at = now() WHERE jobspec_id = 'cancelled'");
            try (Connection takeover = database.pool(1).getConnection()) {
                takeover.setAutoCommit(false);
                takeover.createStatement().execute("UPDATE jobs SET fence = 2 WHERE jobspec_id = 'locked'");
                List<Optional<ClaimResult>> answers = together(
                        List.of(claim(locked, "a"), claim(replaced, "a"), claim(one, "a"), claim(cancelled, "a")));
                assertThat(answers.stream().map(Optional::isPresent)).containsExactly(false, false, true, false);
                takeover.commit();
            }
            assertThat(rows()).isEqualTo(1);
            assertThat(harness.statement.claim(claim(locked, "b"))).isInstanceOf(ClaimResult.RunReplaced.class);
        }

        @Test
        void those_of_a_later_run_in_the_same_batch_are_decided_by_the_statement_for_all_claims() {
            given(later, "held", "running", 1);
            given(later, "done", "completed", 1);
            List<ClaimRequest> batch = new ArrayList<>(claims(one, "a", "b"));
            batch.addAll(1, claims(later, "new", "held", "done"));
            List<Optional<ClaimResult>> answers = together(batch);
            assertAnswers(
                    answers,
                    ClaimResult.Claimed.class,
                    ClaimResult.Claimed.class,
                    ClaimResult.Claimed.class,
                    ClaimResult.Duplicate.class,
                    ClaimResult.Claimed.class);
            assertOneBlock(List.of(id(answers.get(0)), id(answers.get(4))));
            assertThat(database.count("SELECT count(*) FROM executions WHERE model_id = 'held' AND attempt = 2"))
                    .isEqualTo(1);
        }

        @Test
        void a_later_run_whose_claims_fail_does_not_cost_the_others_their_answers() {
            execute("ALTER TABLE executions ADD CHECK (model_id <> 'refused')");
            List<ClaimRequest> batch = new ArrayList<>(claims(one, "a", "b"));
            batch.addAll(1, claims(later, "refused", "c"));
            List<Optional<ClaimResult>> answers = together(batch);
            assertThat(answers.stream().map(Optional::isPresent)).containsExactly(true, false, false, true);
            assertThat(rows()).isEqualTo(2);
        }
    }

    @Nested
    class Ids {

        @Test
        void the_largest_batch_fills_a_block_and_a_larger_one_takes_none() {
            assertThat(database.count("SELECT increment_by FROM pg_sequences WHERE sequencename = 'executions_id_seq'"))
                    .isEqualTo(Claims.LARGEST_BATCH);
            String[] models = IntStream.range(0, Claims.LARGEST_BATCH)
                    .mapToObj(n -> "model-" + n)
                    .toArray(String[]::new);
            List<Long> ids = ids(together(claims(one, models)));
            assertOneBlock(ids);
            assertThat(id(together(claims(two, "a", "b")).getFirst())).isEqualTo(ids.getLast() + 1);
            List<ClaimRequest> larger = new ArrayList<>(claims(two, models));
            larger.add(claim(two, "one more"));
            assertThat(ids(together(larger))).doesNotHaveDuplicates().allMatch(id -> id > ids.getLast());
        }

        @Test
        void a_replica_of_the_version_before_draws_ids_that_no_block_has() {
            List<Long> drawn = new ArrayList<>();
            for (int round = 0; round < 5; round++) {
                drawn.addAll(ids(together(claims(one, "a-" + round, "b-" + round))));
                given(one, "c-" + round, "running", 1); // An insert that says nothing of the id.
                given(one, "d-" + round, "running", 1);
                drawn.addAll(database.jdbc()
                        .sql("SELECT id FROM executions WHERE model_id IN (?, ?) ORDER BY id")
                        .params("c-" + round, "d-" + round)
                        .query(Long.class)
                        .list());
            }
            assertThat(drawn).doesNotHaveDuplicates().isSorted();
        }

        @Test
        void a_walk_through_the_pages_of_a_running_job_misses_nothing_through_a_fallback_and_a_takeover() {
            ExecutionReader reader = new ExecutionReader(database.jdbc(), ExecutionHarness.JSON);
            List<String> seen = new ArrayList<>();
            long after = 0;
            ExecutionHarness other = harness(database.pool(2));
            Run next = ExecutionHarness.run(one.jobId(), 2, RunCause.REDELIVERY);
            List<Runnable> steps = List.of(
                    () -> together(claims(one, "f", "e")),
                    () -> given(one, "by hand", "running", 1),
                    () -> other.statement.claimTogether(claims(one, "d", "by hand", "c")),
                    () -> together(claims(one, "b2", "b1")),
                    () -> execute("UPDATE jobs SET fence = 2 WHERE jobspec_id = 'one'"),
                    () -> together(claims(one, "not claimed", "nor this")),
                    () -> other.statement.claimTogether(claims(next, "f", "a2", "a1")),
                    () -> other.statement.claim(claim(next, "a0")));
            for (Runnable step : steps) {
                step.run();
                Page<ExecutionView> page = reader.list(
                        one.jobId(),
                        new ExecutionReader.Filter(null, null, null, null),
                        new Page.Request(after, 100, false));
                for (ExecutionView cell : page.items()) {
                    seen.add(cell.modelId());
                    after = cell.id();
                }
            }
            assertThat(seen).containsExactlyInAnyOrder("f", "e", "by hand", "d", "c", "b2", "b1", "a2", "a1", "a0");
        }
    }

    @Nested
    class WithARowInTheWay {

        @Test
        void a_cell_twice_in_one_batch_is_claimed_once() {
            List<Optional<ClaimResult>> answers = together(claims(one, "a", "b", "a", "b"));
            assertAnswers(
                    answers,
                    ClaimResult.Claimed.class,
                    ClaimResult.Claimed.class,
                    ClaimResult.Duplicate.class,
                    ClaimResult.Duplicate.class);
            assertOneBlock(ids(answers.subList(0, 2)));
        }

        @Test
        void a_cell_in_two_batches_is_claimed_once_and_the_others_of_the_second_are_claimed() {
            together(claims(one, "a", "b"));
            assertAnswers(
                    together(claims(one, "c", "b", "d")),
                    ClaimResult.Claimed.class,
                    ClaimResult.Duplicate.class,
                    ClaimResult.Claimed.class);
            assertThat(rows()).isEqualTo(4);
        }

        /** Each pair of rows that two cells may have, of an earlier fence or of this one: the batch against its claims alone. */
        @Test
        void whatever_row_it_is_a_batch_is_answered_as_its_claims_alone_would_be() {
            for (String first : NO_ROW_OR_ONE) {
                for (String second : NO_ROW_OR_ONE) {
                    for (long fence = 0; fence <= 1; fence++) {
                        String name = "%s %s %d".formatted(first, second, fence);
                        List<String> inBatch = outcomes(name, first, second, fence, true);
                        assertThat(inBatch).as(name).isEqualTo(outcomes(name, first, second, fence, false));
                    }
                }
            }
        }

        private List<String> outcomes(String name, String first, String second, long fence, boolean inBatch) {
            Run run = run(name + inBatch, 1);
            if (!first.isEmpty()) {
                given(run, "a", first, fence);
            }
            if (!second.isEmpty()) {
                given(run, "b", second, fence);
            }
            List<ClaimRequest> batch = claims(run, "a", "b", "c");
            List<ClaimResult> answers = inBatch
                    ? together(batch).stream().map(Optional::orElseThrow).toList()
                    : batch.stream().map(harness.statement::claim).toList();
            List<String> outcomes = new ArrayList<>(answers.stream()
                    .map(answer -> answer.toString().replaceAll("executionId=\\d+", "id"))
                    .toList());
            outcomes.addAll(database.jdbc()
                    .sql("SELECT model_id || status || attempt || outcome || fence || runner"
                            + " || jsonb_array_length(past_attempts) FROM executions WHERE job_id = ? ORDER BY 1")
                    .param(run.jobId())
                    .query(String.class)
                    .list());
            return outcomes;
        }
    }

    @Nested
    class WithoutAnAnswer {

        @Test
        void an_answer_that_is_lost_after_the_commit_is_known_by_the_claim_ids() throws Exception {
            try (Link link = Link.to(Link.portOf(database.url()));
                    HikariDataSource pool = new HikariDataSource()) {
                pool.setJdbcUrl(link.over(database.url()));
                pool.setMaximumPoolSize(2);
                link.loseAnswer("inserted", false);
                List<ClaimRequest> batch = claims(one, "a", "b", "c");
                List<Optional<ClaimResult>> answers = harness(pool).statement.claimTogether(batch);
                assertThat(link.hasLostAnswer()).isTrue();
                assertOneBlock(ids(answers));
                assertThat(rows()).isEqualTo(3);
                assertThat(harness.statement.claim(batch.get(1)))
                        .isEqualTo(answers.get(1).orElseThrow());
            }
        }

        @Test
        void a_connection_that_is_lost_before_the_commit_has_the_claims_written_by_the_other_statement()
                throws Exception {
            try (Connection other = database.pool(1).getConnection()) {
                other.setAutoCommit(false);
                other.createStatement().execute("""
                        INSERT INTO executions
                          (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at)
                        SELECT id, 'us-east', 'b', 'running', 1, 'running', 1, gen_random_uuid(), 'other', now(), now()
                        FROM jobs WHERE jobspec_id = 'one'
                        """);
                CompletableFuture<List<Optional<ClaimResult>>> answers = CompletableFuture.supplyAsync(
                        () -> together(claims(one, "a", "b", "c")), Thread::startVirtualThread);
                String waiting = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                        + " AND query LIKE '%executions_id_seq%'";
                await().until(() -> database.count("SELECT count(*) " + waiting) == 1);
                database.count("SELECT count(pg_terminate_backend(pid)) " + waiting);
                await().until(() -> database.count("SELECT count(*) FROM pg_stat_activity"
                                + " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                                + " AND query LIKE '%ON CONFLICT (job_id, region, model_id)%'")
                        == 1);
                other.rollback();
                assertThat(ids(answers.get())).doesNotHaveDuplicates().hasSize(3);
            }
            assertThat(database.count("SELECT count(*) FROM executions WHERE attempt = 1"))
                    .isEqualTo(3);
        }
    }

    @Nested
    class TheKey {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "SELECT",
                    "CREATE INDEX other ON executions (job_id, region, model_id)",
                    "CREATE UNIQUE INDEX other ON executions (job_id, region)",
                    "CREATE UNIQUE INDEX other ON executions (job_id, region, model_id, attempt)",
                    "CREATE UNIQUE INDEX other ON executions (job_id, region, model_id) WHERE attempt > 1",
                    "CREATE UNIQUE INDEX other ON executions (job_id, region, (model_id || attempt))",
                    "ALTER TABLE executions ADD UNIQUE (job_id, region, model_id) DEFERRABLE INITIALLY DEFERRED",
                    "CREATE UNIQUE INDEX other ON executions (job_id, region, model_id);"
                            + " UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'other'::regclass",
                })
        void without_it_neither_statement_lets_anything_through(String instead) {
            execute("ALTER TABLE executions DROP CONSTRAINT executions_cell_key");
            database.template().execute(instead);
            assertThatThrownBy(() -> harness.statement.claimTogether(claims(one, "a", "b")))
                    .isInstanceOf(DataAccessException.class);
            assertThat(rows()).isZero();
        }

        @Test
        void under_another_name_and_in_another_order_it_is_the_key() {
            execute("ALTER TABLE executions DROP CONSTRAINT executions_cell_key");
            execute("CREATE UNIQUE INDEX other ON executions (model_id, job_id, region) INCLUDE (attempt)");
            assertOneBlock(ids(together(claims(one, "a", "b"))));
        }

        /** A row is written once for each claim, or none was: a trigger may leave one out without an error. */
        @Test
        void a_row_that_a_trigger_leaves_out_lets_nothing_through() {
            database.template().execute("""
                    CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
                    CREATE TRIGGER leave_out BEFORE INSERT ON executions FOR EACH ROW
                      WHEN (new.model_id = 'a') EXECUTE FUNCTION leave_out()
                    """);
            List<Optional<ClaimResult>> answers = together(claims(one, "a", "b"));
            assertThat(answers.get(0)).isEmpty();
            assertThat(answers.get(1)).containsInstanceOf(ClaimResult.Claimed.class);
            assertThat(models()).containsExactly("b");
        }

        private List<String> models() {
            return database.jdbc()
                    .sql("SELECT model_id FROM executions")
                    .query(String.class)
                    .list();
        }
    }
}
