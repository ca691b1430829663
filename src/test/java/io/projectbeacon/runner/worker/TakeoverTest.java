package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.DyingRunner;
import io.projectbeacon.runner.support.DyingRunner.Moment;
import io.projectbeacon.runner.support.DyingRunner.Step;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Keys;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerProcess;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** A runner's process is killed or stopped in the middle of its calls, and another runner takes its jobs over. */
class TakeoverTest {

    private static final Duration TTL = Duration.ofSeconds(2);
    private static final Duration POLL = Duration.ofMillis(500);

    private final String database = TestServers.newDatabase();
    private final String redis = TestServers.newRedisUrl();
    private FakeProvider provider;
    private RunnerApp survivor;

    @BeforeEach
    void startProvider() throws Exception {
        provider = FakeProvider.start();
    }

    @AfterEach
    void stop() {
        provider.close();
        survivor.close();
    }

    private List<String> properties() {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.lock.ttl=" + TTL.toMillis() + "ms");
        properties.add("--beacon.worker.poll-interval=" + POLL.toMillis() + "ms");
        return properties;
    }

    private RunnerProcess process() throws Exception {
        List<String> all = new ArrayList<>(properties());
        all.add("--spring.datasource.url=" + database);
        all.add("--spring.data.redis.url=" + redis);
        return RunnerProcess.start(all);
    }

    private static String spec(String onUnknown) {
        return """
                {"id": "j", "models": ["a", "b"], "regions": ["us-east"], "questions": ["first", "second"],
                 "constraints": {"on_unknown": "%s"}}
                """.formatted(onUnknown);
    }

    private void calls(int number) {
        await().atMost(Duration.ofSeconds(30)).until(() -> provider.calls().size() == number);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rerun", "hold"})
    void the_jobs_of_a_killed_runner_are_handed_on_within_two_ttls_and_three_polls(String onUnknown) throws Exception {
        try (RunnerProcess victim = process()) {
            // When the process dies, the first answers are durable, and the second calls of both cells are under way.
            provider.hold("us-east");
            victim.submit(spec(onUnknown));
            calls(2);
            provider.letThrough("us-east");
            calls(4);
            survivor = RunnerApp.start(database, redis, properties());
            Instant killed = Instant.now();
            victim.kill();
            provider.release("us-east");
            JsonNode job = survivor.ended("j");

            Instant takenOver = survivor.jdbc()
                    .sql("SELECT min(at) FROM (SELECT started_at AS at FROM executions WHERE attempt = 2"
                            + " UNION ALL SELECT completed_at FROM executions WHERE status = 'unknown') a")
                    .query(OffsetDateTime.class)
                    .single()
                    .toInstant();
            Duration limit = TTL.multipliedBy(2).plus(POLL.multipliedBy(3));
            assertThat(Duration.between(killed, takenOver)).isLessThan(limit);
            assertThat(survivor.metric("beacon_executions_unknown_total")).isEqualTo(2);
            assertThat(survivor.metric("beacon_executions_unknown_total", "cause=\"run_gone\""))
                    .isEqualTo(2);
            if (onUnknown.equals("rerun")) {
                assertThat(job.path("status").asString()).isEqualTo("completed");
                // The first questions are not asked again, the second ones are, under the same keys.
                assertThat(provider.calls().stream()
                                .map(call -> Keys.withoutTag(call.idempotencyKey()))
                                .sorted()
                                .toList())
                        .containsExactly(
                                "j/us-east/a/0",
                                "j/us-east/a/1",
                                "j/us-east/a/1",
                                "j/us-east/b/0",
                                "j/us-east/b/1",
                                "j/us-east/b/1");
            } else {
                assertThat(job.at("/cells/unknown").asInt()).isEqualTo(2);
                assertThat(provider.calls()).hasSize(4);
                survivor.post("/api/v1/jobs/j/retry", "{\"include_unknown\": true}");
                assertThat(survivor.ended("j").path("status").asString()).isEqualTo("completed");
                assertThat(provider.calls()).hasSize(6);
            }
            assertThat(survivor.cells("j").get("us-east/a").path("answers").values())
                    .extracting(answer -> answer.path("question").asString())
                    .containsExactly("first", "second");
        }
    }

    @Test
    void a_held_cell_is_completed_by_the_answer_of_a_runner_that_was_only_paused_and_so_is_its_job() throws Exception {
        try (RunnerProcess paused = process()) {
            provider.hold("us-east");
            paused.submit(spec("hold").replace(", \"second\"", ""));
            calls(2);
            survivor = RunnerApp.start(database, redis, properties());
            paused.signal("STOP");
            JsonNode job = survivor.ended("j");
            assertThat(job.path("status").asString()).isEqualTo("failed");
            assertThat(job.at("/cells/unknown").asInt()).isEqualTo(2);

            provider.release("us-east");
            await().until(() -> provider.calls().stream().allMatch(call -> call.end() != null));
            paused.signal("CONT");
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> survivor.get("/api/v1/jobs/j")
                            .json()
                            .path("status")
                            .asString()
                            .equals("completed"));
            assertThat(survivor.cells("j").get("us-east/a").path("attempts").size())
                    .isEqualTo(1);
            assertThat(provider.calls()).hasSize(2);
            assertThat(survivor.metric("beacon_duplicates_total", "outcome=\"allowed\"")
                            + paused.metric("beacon_duplicates_total", "outcome=\"allowed\""))
                    .isZero();
        }
    }

    @Test
    void a_runner_that_was_paused_and_replaced_starts_no_call_when_it_wakes_and_its_late_answers_are_counted()
            throws Exception {
        try (RunnerProcess paused = process()) {
            provider.hold("us-east");
            paused.submit(spec("rerun").replace(", \"second\"", ""));
            calls(2);
            survivor = RunnerApp.start(database, redis, properties());
            paused.signal("STOP");
            calls(4);
            provider.release("us-east");
            JsonNode job = survivor.ended("j");
            assertThat(job.path("status").asString()).isEqualTo("completed");
            paused.signal("CONT");
            await().atMost(Duration.ofSeconds(20))
                    .until(() ->
                            paused.metric("beacon_duplicates_total", "outcome=\"allowed\"", "layer=\"completion\"") == 2
                                    || survivor.get("/api/v1/jobs/j/duplicates")
                                                    .json()
                                                    .path("duplicates")
                                                    .size()
                                            == 2);
            assertThat(provider.calls()).hasSize(4);
            assertThat(survivor.get("/api/v1/jobs/j")
                            .json()
                            .at("/duplicates/allowed")
                            .asInt())
                    .isEqualTo(2);
        }
    }

    /** The victim's second attempt has failed, or is claimed and not called: either counts. */
    @ParameterizedTest
    @CsvSource({"FAILURE,AFTER", "CALL,BEFORE"})
    void a_takeover_does_not_begin_the_bound_on_a_cells_attempts_anew(Step step, Moment moment) throws Exception {
        provider.failWith("us-east", 503);
        List<String> properties = properties();
        properties.addAll(List.of("--beacon.inference.max-attempts=3", "--beacon.inference.backoff.initial=20ms"));
        List<String> victims = new ArrayList<>(properties);
        victims.add("--spring.datasource.url=" + database);
        victims.add("--spring.data.redis.url=" + redis);
        try (RunnerProcess victim = DyingRunner.start(step, moment, 2, victims)) {
            victim.submit("{\"id\": \"j\", \"models\": [\"a\"], \"regions\": [\"us-east\"], \"prompt\": \"Who?\"}");
            assertThat(victim.exitCode(Duration.ofSeconds(60))).hasValue(137);
        }
        survivor = RunnerApp.start(database, redis, properties);
        assertThat(survivor.ended("j").path("status").asString()).isEqualTo("failed");
        assertThat(survivor.cells("j").get("us-east/a").path("attempt").asInt()).isEqualTo(3);
        assertThat(provider.calls()).hasSize(step == Step.FAILURE ? 3 : 2);
    }
}
