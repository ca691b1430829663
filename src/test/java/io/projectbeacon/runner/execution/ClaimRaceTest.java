package io.projectbeacon.runner.execution;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.projectbeacon.runner.domain.CellWork;
import io.projectbeacon.runner.domain.Run;
import io.projectbeacon.runner.domain.RunCause;
import io.projectbeacon.runner.inference.InferenceRequest;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.Race;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Sixteen threads of two runners, each with its own connection pool, claim the same cell at the same time. */
class ClaimRaceTest {

    private static final int THREADS = 16;
    private static final int ROUNDS = 1000;

    private static final Logger STOPS = (Logger) LoggerFactory.getLogger(CellRunner.class);

    /** Silences 15,000 lines of AUTO-STOP, which would bury the build's own output. */
    @BeforeAll
    static void quiet() {
        STOPS.setLevel(Level.ERROR);
    }

    @AfterAll
    static void loud() {
        STOPS.setLevel(null);
    }

    private final Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();

    @Test
    void of_sixteen_that_claim_one_cell_one_calls_and_fifteen_are_stopped_and_counted_a_thousand_times()
            throws Exception {
        try (Database database = Database.fresh();
                Race race = new Race(THREADS)) {
            long job = database.runningJob("race", 1, "rerun", ROUNDS);
            Run run = ExecutionHarness.run(job, 1, RunCause.SUBMISSION);
            List<ExecutionHarness> runners = List.of(
                    new ExecutionHarness("one", database.pool(THREADS / 2), this::answer),
                    new ExecutionHarness("two", database.pool(THREADS / 2), this::answer));
            for (int round = 0; round < ROUNDS; round++) {
                CellWork cell = ExecutionHarness.cell("us-east", "model-" + round);
                List<Callable<CellOutcome>> claims = new ArrayList<>();
                for (int thread = 0; thread < THREADS; thread++) {
                    ExecutionHarness runner = runners.get(thread % 2);
                    claims.add(() -> runner.process(run, cell, ExecutionHarness.handle()));
                }
                Map<Class<?>, Long> outcomes = race.run(claims).stream()
                        .collect(Collectors.groupingBy(CellOutcome::getClass, Collectors.counting()));
                assertThat(outcomes)
                        .isEqualTo(Map.of(CellOutcome.Ended.class, 1L, CellOutcome.DuplicateSkipped.class, 15L));
            }
            assertThat(calls)
                    .hasSize(ROUNDS)
                    .allSatisfy((model, count) -> assertThat(count).hasValue(1));
            assertThat(runners.get(0).detected("claim") + runners.get(1).detected("claim"))
                    .isEqualTo(15.0 * ROUNDS);
            assertThat(database.count("SELECT sum(occurrences) FROM execution_duplicates WHERE layer = 'claim'"))
                    .isEqualTo(15L * ROUNDS);
        }
    }

    /** Their claims are inserted together, and meet in the unique key. */
    @Test
    void of_four_that_claim_the_same_cells_together_one_gets_each_two_hundred_times() throws Exception {
        int runners = 4;
        try (Database database = Database.fresh();
                Race race = new Race(runners)) {
            long job = database.runningJob("race", 1, "rerun", 200 * 8);
            Run run = ExecutionHarness.run(job, 1, RunCause.SUBMISSION);
            List<ExecutionHarness> harnesses = List.of(
                    new ExecutionHarness("one", database.pool(2), this::answer),
                    new ExecutionHarness("two", database.pool(2), this::answer));
            for (int round = 0; round < 200; round++) {
                String prefix = "model-" + round + "-";
                List<Callable<List<String>>> claims = new ArrayList<>();
                for (int runner = 0; runner < runners; runner++) {
                    ExecutionHarness harness = harnesses.get(runner % 2);
                    List<ClaimRequest> batch = IntStream.range(0, 8)
                            .mapToObj(n -> new ClaimRequest(run, "us-east", prefix + n, UUID.randomUUID()))
                            .toList();
                    claims.add(() -> harness.statement.claimTogether(batch).stream()
                            .map(answer -> answer.orElseThrow().getClass().getSimpleName())
                            .toList());
                }
                assertThat(race.run(claims).stream()
                                .flatMap(List::stream)
                                .collect(Collectors.groupingBy(answer -> answer, Collectors.counting())))
                        .isEqualTo(Map.of("Claimed", 8L, "Duplicate", 24L));
            }
            assertThat(database.count("SELECT count(*) FROM executions")).isEqualTo(200 * 8);
        }
    }

    /** Shows that the race above can fail: a look-up followed by an insert loses it. */
    @Test
    void the_same_race_lets_duplicates_through_a_lookup_and_insert_without_the_unique_key() throws Exception {
        try (Database database = Database.fresh();
                Race race = new Race(THREADS)) {
            database.jdbc()
                    .sql("ALTER TABLE executions DROP CONSTRAINT executions_cell_key")
                    .update();
            long job = database.runningJob("race", 1, "rerun", ROUNDS);
            List<JdbcClient> pools = List.of(JdbcClient.create(database.pool(8)), JdbcClient.create(database.pool(8)));
            int rounds = 0;
            long winners = 0;
            while (winners <= rounds && rounds < ROUNDS) {
                String model = "model-" + rounds++;
                List<Callable<Boolean>> claims = new ArrayList<>();
                for (int thread = 0; thread < THREADS; thread++) {
                    JdbcClient jdbc = pools.get(thread % 2);
                    claims.add(() -> lookUpAndInsert(jdbc, job, model));
                }
                winners += race.run(claims).stream().filter(won -> won).count();
            }
            assertThat(winners).isGreaterThan(rounds);
        }
    }

    private Answer answer(InferenceRequest request) {
        calls.computeIfAbsent(request.modelId(), model -> new AtomicInteger()).incrementAndGet();
        return new Answer("I am " + request.modelId(), null, null);
    }

    private static boolean lookUpAndInsert(JdbcClient jdbc, long job, String model) {
        boolean there = jdbc.sql("SELECT count(*) FROM executions WHERE job_id = ? AND model_id = ?")
                        .params(job, model)
                        .query(Long.class)
                        .single()
                > 0;
        if (there) {
            return false;
        }
        jdbc.sql("""
                        INSERT INTO executions
                          (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at,
                           started_at)
                        VALUES (?, 'us-east', ?, 'running', 1, 'running', 1, gen_random_uuid(), 'naive', now(), now())
                        """).params(job, model).update();
        return true;
    }
}
