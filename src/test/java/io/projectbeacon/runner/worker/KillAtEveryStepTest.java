package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.DyingRunner;
import io.projectbeacon.runner.support.DyingRunner.Moment;
import io.projectbeacon.runner.support.DyingRunner.Step;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.FakeProvider.Call;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerProcess;
import io.projectbeacon.runner.support.TestServers;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * A runner's process dies right before, within or right after each step of the flow, and another runner takes its job
 * over. A job has three cells of two questions each, called one at a time: so at a death in the second cell the first
 * is completed, and the third is not claimed yet. Only cells that are claimed together begin together, and are more.
 */
class KillAtEveryStepTest {

    /** How many runners die at the same time; the start of their processes takes most of the time. */
    private static final int AT_ONCE = 2;

    private static final List<String> MODELS = List.of("a", "b", "c");
    private static final List<String> MANY_MODELS =
            IntStream.range(0, 24).mapToObj(n -> "m" + n).toList();
    private static final List<String> QUESTIONS = List.of("first", "second");

    /** The steps whose effect follows their act after a while: with the commit, or with the answer. */
    private static final Set<Step> DURABLE_LATER =
            Set.of(Step.SUBMISSION, Step.CALL, Step.PARK, Step.TRIAL, Step.FINISH, Step.CANCEL);

    /** One death of a runner: the step, the moment of it, and the job's mode. */
    record Death(Step step, Moment moment, String onUnknown) {

        /** The number of the step, from 1, among the steps of its kind that a job makes. */
        int nth() {
            return switch (step) {
                case CLAIM, ANSWER, COMPLETION, STOPPED_DUPLICATE, TRIAL -> 2;
                case CALL -> moment == Moment.DURING ? 1 : 3; // The first question of the second cell.
                case SUBMISSION, LOCK, START, FIRST_CLAIMS, FAILURE, AGAIN, PARK, FINISH, RELEASE, CANCEL -> 1;
            };
        }

        String id() {
            return "%s-%s-%s".formatted(moment, step, onUnknown).toLowerCase();
        }

        List<String> models() {
            return step == Step.FIRST_CLAIMS ? MANY_MODELS : MODELS;
        }

        boolean is(Step other) {
            return step == other;
        }

        /** Whether the step is in the database once the process is dead. */
        boolean isMade() {
            return moment == Moment.AFTER || isDuringTrial();
        }

        /** The step is made by then, and its first call is under way. */
        boolean isDuringTrial() {
            return step == Step.TRIAL && moment == Moment.DURING;
        }

        boolean parksFirst() {
            return step == Step.PARK || step == Step.TRIAL;
        }

        boolean hold() {
            return onUnknown.equals("hold");
        }
    }

    /** The calls, answers, unknown attempts and duplicates that the dead runner left. */
    private record Left(int calls, Set<String> answered, long unknown, long duplicates) {

        static Left in(JdbcClient jdbc, FakeProvider provider) {
            return new Left(
                    provider.calls().size(),
                    Set.copyOf(jdbc.sql("SELECT model_id || ' ' || (a ->> 'question')"
                                    + " FROM executions, json_array_elements(answers) a")
                            .query(String.class)
                            .list()),
                    count(jdbc, "SELECT count(*) FROM executions WHERE outcome = 'unknown'"),
                    count(jdbc, "SELECT coalesce(sum(occurrences), 0) FROM execution_duplicates"));
        }
    }

    private static final Map<Death, Future<?>> played = new LinkedHashMap<>();
    private static ExecutorService threads;

    /**
     * The moment after a step is the moment before the next, so one death between each two steps is enough. With the
     * property {@code deaths=all} a runner dies before and after every step, and during each of {@link #DURABLE_LATER},
     * in both modes.
     */
    static Stream<Death> deaths() {
        return System.getProperty("deaths", "").equals("all") ? all() : betweenEachTwo();
    }

    private static Stream<Death> betweenEachTwo() {
        return Stream.of(
                new Death(Step.SUBMISSION, Moment.DURING, "rerun"),
                new Death(Step.LOCK, Moment.AFTER, "rerun"),
                new Death(Step.START, Moment.AFTER, "hold"),
                new Death(Step.CLAIM, Moment.AFTER, "hold"),
                new Death(Step.FIRST_CLAIMS, Moment.AFTER, "hold"),
                new Death(Step.CALL, Moment.DURING, "rerun"),
                new Death(Step.CALL, Moment.AFTER, "hold"),
                new Death(Step.ANSWER, Moment.AFTER, "rerun"),
                new Death(Step.AGAIN, Moment.BEFORE, "hold"),
                new Death(Step.AGAIN, Moment.AFTER, "rerun"),
                new Death(Step.COMPLETION, Moment.BEFORE, "rerun"),
                new Death(Step.COMPLETION, Moment.AFTER, "hold"),
                new Death(Step.PARK, Moment.DURING, "hold"),
                new Death(Step.PARK, Moment.AFTER, "rerun"),
                new Death(Step.TRIAL, Moment.AFTER, "hold"),
                new Death(Step.TRIAL, Moment.DURING, "rerun"),
                new Death(Step.FINISH, Moment.DURING, "hold"),
                new Death(Step.RELEASE, Moment.BEFORE, "rerun"),
                new Death(Step.CANCEL, Moment.AFTER, "hold"));
    }

    private static Stream<Death> all() {
        return Stream.of(Step.values())
                .flatMap(step -> Stream.of(Moment.values())
                        .filter(moment -> moment != Moment.DURING || DURABLE_LATER.contains(step))
                        .flatMap(moment ->
                                Stream.of("rerun", "hold").map(onUnknown -> new Death(step, moment, onUnknown))));
    }

    @BeforeAll
    static void letThemDie() {
        threads = Executors.newFixedThreadPool(AT_ONCE);
        deaths().forEach(death -> played.put(death, threads.submit(() -> {
            play(death);
            return null;
        })));
    }

    @AfterAll
    static void stop() {
        threads.shutdownNow();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("deaths")
    void a_job_whose_runner_died_ends_with_nothing_lost_and_nothing_twice_that_is_not_accounted_for(Death death)
            throws Exception {
        played.get(death).get();
    }

    private static void play(Death death) throws Exception {
        String database = TestServers.newDatabase();
        String redis = TestServers.newRedisUrl();
        JdbcClient jdbc = JdbcClient.create(new DriverManagerDataSource(database));
        try (FakeProvider provider = FakeProvider.start()) {
            try (RunnerProcess victim = DyingRunner.start(
                    death.step(), death.moment(), death.nth(), victimsProperties(death, provider, database, redis))) {
                die(death, victim, provider);
                assertThat(victim.exitCode(Duration.ofSeconds(60))).hasValue(137);
            }
            provider.recover("us-east");
            provider.release("us-east");
            await().until(() -> provider.calls().stream().allMatch(call -> call.end() != null));
            assertThat(isMade(death, jdbc, provider)).isEqualTo(death.isMade());
            Left left = Left.in(jdbc, provider);
            try (RunnerApp survivor = survivor(database, redis, properties(death, provider))) {
                survive(death, survivor, provider, left);
            }
        }
    }

    /** Starts one survivor at a time: all of them share this process's logging, which each sets up anew. */
    private static synchronized RunnerApp survivor(String database, String redis, List<String> properties) {
        return RunnerApp.start(database, redis, properties);
    }

    private static List<String> properties(Death death, FakeProvider provider) {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.lock.ttl=800ms");
        properties.add("--beacon.worker.poll-interval=200ms");
        properties.add(
                "--beacon.regions.us-east.max-in-flight=" + (death.is(Step.FIRST_CLAIMS) ? MANY_MODELS.size() : 1));
        return properties;
    }

    private static List<String> victimsProperties(Death death, FakeProvider provider, String database, String redis) {
        List<String> properties = properties(death, provider);
        properties.add("--spring.datasource.url=" + database);
        properties.add("--spring.data.redis.url=" + redis);
        properties.add("--beacon.inference.backoff.initial=20ms");
        return properties;
    }

    private static String spec(Death death) {
        return """
                {"id": "%s", "models": ["%s"], "regions": ["us-east"], "questions": ["first", "second"],
                 "constraints": {"on_unknown": "%s"}}
                """.formatted(death.id(), String.join("\", \"", death.models()), death.onUnknown());
    }

    private static void die(Death death, RunnerProcess victim, FakeProvider provider) throws Exception {
        boolean whileCalling = death.is(Step.CALL) && death.moment() == Moment.DURING;
        if (whileCalling || death.is(Step.CANCEL)) {
            provider.hold("us-east");
        }
        if (death.is(Step.FAILURE) || death.is(Step.AGAIN)) {
            provider.failWith("us-east", 503);
        }
        if (death.parksFirst()) {
            provider.failWith("us-east", 429, "4");
        }
        untilItDies(() -> victim.submit(spec(death)));
        if (death.is(Step.TRIAL)) {
            await().atMost(Duration.ofSeconds(30)).until(() -> isParked(death, victim));
            provider.recover("us-east");
        }
        if (death.isDuringTrial()) {
            provider.hold("us-east");
            await().atMost(Duration.ofSeconds(30)).until(() -> provider.calls().size() == 2);
            victim.kill();
        }
        if (death.is(Step.STOPPED_DUPLICATE)) {
            victim.ended(death.id());
            untilItDies(() -> victim.post("/api/v1/jobs/" + death.id() + "/retry", ""));
        }
        if (whileCalling || death.is(Step.CANCEL)) {
            await().atMost(Duration.ofSeconds(30)).until(() -> provider.calls().size() == 1);
        }
        if (whileCalling) {
            victim.kill();
        }
        if (death.is(Step.CANCEL)) {
            untilItDies(() -> victim.post("/api/v1/jobs/" + death.id() + "/cancel", ""));
        }
    }

    private static boolean isParked(Death death, RunnerProcess victim) {
        return victim.get("/api/v1/jobs/" + death.id()).json().has("parked_until");
    }

    /** The process may be dead before it has answered. */
    private static void untilItDies(Runnable request) {
        try {
            request.run();
        } catch (UncheckedIOException dead) {
            assertThat(dead).hasMessageNotContaining("refused");
        }
    }

    /** Whether the database shows that the step was made. Redis is not asked, since its keys expire. */
    private static boolean isMade(Death death, JdbcClient jdbc, FakeProvider provider) {
        String row = switch (death.step()) {
            case SUBMISSION -> "jobs";
            case START -> "jobs WHERE fence = 1";
            case CLAIM -> "executions WHERE model_id = 'b'";
            case FIRST_CLAIMS -> "executions WHERE id % 1000 > 1"; // Not the first of its block.
            case ANSWER -> "executions WHERE model_id = 'b' AND json_array_length(answers) = 1";
            case FAILURE -> "executions WHERE outcome = 'failed'";
            case AGAIN -> "executions WHERE attempt = 2";
            case COMPLETION -> "executions WHERE model_id = 'b' AND status = 'completed'";
            case STOPPED_DUPLICATE -> "execution_duplicates WHERE model_id = 'b'";
            case PARK -> "jobs WHERE parked AND parked_regions = '{us-east}' AND run_cause = 'submission'";
            case TRIAL -> "jobs WHERE fence = 2 AND status = 'running'";
            case FINISH -> "jobs WHERE finished_at IS NOT NULL";
            case CANCEL -> "jobs WHERE status = 'cancelled'";
            case LOCK, CALL, RELEASE -> "";
        };
        if (death.is(Step.CALL)) {
            assertThat(provider.calls()).hasSize(death.moment() == Moment.BEFORE ? death.nth() - 1 : death.nth());
        }
        return row.isEmpty() ? death.isMade() : count(jdbc, "SELECT count(*) FROM " + row) > 0;
    }

    private static void survive(Death death, RunnerApp survivor, FakeProvider provider, Left left) {
        // A client that got no answer submits again.
        int status = survivor.submit(spec(death)).status();
        assertThat(status).isEqualTo(death.is(Step.SUBMISSION) && !death.isMade() ? 202 : 200);
        String ended = survivor.ended(death.id()).path("status").asString();
        assertThat(ended.equals("cancelled")).isEqualTo(death.is(Step.CANCEL) && death.isMade());
        JobJudge judge = new JobJudge(death.id(), death.models(), QUESTIONS, death.hold());
        judge.judge(survivor, provider.calls(), false);
        assertThat(calledAgain(provider.calls(), left))
                .as("what was answered and stored is not asked again")
                .noneMatch(left.answered()::contains);
        assertAccounts(survivor, left);

        if (!ended.equals("completed")) {
            survivor.post("/api/v1/jobs/" + death.id() + "/retry", "{\"include_unknown\": true}");
            survivor.ended(death.id());
            judge.judge(survivor, provider.calls(), true);
        }
        assertThat(survivor.ended(death.id()).path("status").asString()).isEqualTo("completed");
        await().until(() -> survivor.bean(JobLocks.class).look(List.of(1L)).get(1L) == LockState.MISSING);
    }

    private static Set<String> calledAgain(List<Call> calls, Left left) {
        return calls.stream()
                .skip(left.calls())
                .map(call -> call.model() + " " + call.prompt())
                .collect(Collectors.toSet());
    }

    /** The dead runner's counters are gone with it; the survivor has counted exactly the rows that it has added. */
    private static void assertAccounts(RunnerApp survivor, Left left) {
        long unknown = count(survivor.jdbc(), """
                SELECT count(*) FILTER (WHERE outcome = 'unknown')
                  + coalesce(sum(jsonb_array_length(jsonb_path_query_array(past_attempts, '$[*] ? (@.outcome == "unknown")'))), 0)
                FROM executions
                """);
        assertThat(survivor.metric("beacon_executions_unknown_total")).isEqualTo(unknown - left.unknown());
        long duplicates = count(survivor.jdbc(), "SELECT coalesce(sum(occurrences), 0) FROM execution_duplicates");
        await().untilAsserted(() ->
                assertThat(survivor.metric("beacon_duplicates_total")).isEqualTo(duplicates - left.duplicates()));
    }

    private static long count(JdbcClient jdbc, String sql) {
        return jdbc.sql(sql).query(Long.class).single();
    }
}
