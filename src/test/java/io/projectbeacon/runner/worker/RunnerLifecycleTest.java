package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.data.redis.core.StringRedisTemplate;
import tools.jackson.databind.JsonNode;

/** A runner picks jobs, puts them back, takes them over, and keeps them while locks are lost and set again. */
class RunnerLifecycleTest {

    private static final String SPEC = "{\"id\": \"%s\", \"models\": [\"a\", \"b\"], \"regions\": [\"us-east\"]%s}";

    private final String database = TestServers.newDatabase();
    private final String redis = TestServers.newRedisUrl();
    private FakeProvider provider;

    @BeforeEach
    void startProvider() throws Exception {
        provider = FakeProvider.start();
    }

    @AfterEach
    void stopProvider() {
        provider.close();
    }

    private RunnerApp runner(String... properties) {
        List<String> all = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        all.add("--beacon.lock.ttl=600ms");
        all.addAll(List.of(properties));
        return RunnerApp.start(database, redis, all);
    }

    private static void submit(RunnerApp app, String id, String more) {
        assertThat(app.submit(SPEC.formatted(id, more)).status()).isEqualTo(202);
    }

    private List<String> jobsInOrderOfCalls() {
        return provider.calls().stream()
                .map(call -> call.idempotencyKey().split("/", 2)[0])
                .distinct()
                .toList();
    }

    private void calls(int number) {
        await().atMost(Duration.ofSeconds(30)).until(() -> provider.calls().size() == number);
    }

    @Test
    void jobs_run_by_priority_then_oldest_first_and_a_retry_keeps_its_place() {
        try (RunnerApp idle = runner("--beacon.worker.enabled=false")) {
            submit(idle, "old", "");
            idle.jdbc()
                    .sql("UPDATE jobs SET status = 'failed', fence = 1, finished_at = clock_timestamp()")
                    .update();
            submit(idle, "second", "");
            submit(idle, "urgent", ", \"priority\": 5");
            submit(idle, "third", "");
            submit(idle, "whenever", ", \"priority\": -5");
            assertThat(idle.post("/api/v1/jobs/old/retry", "").status()).isEqualTo(202);
            assertThat(provider.calls()).isEmpty();
        }
        try (RunnerApp app = runner("--beacon.worker.max-jobs=1")) {
            app.ended("whenever");
            assertThat(jobsInOrderOfCalls()).containsExactly("urgent", "old", "second", "third", "whenever");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"max-jobs=1", "max-text-bytes=1B"})
    void a_job_for_which_there_is_no_room_begins_when_another_ends_and_not_at_the_next_poll(String one) {
        provider.hold("us-east");
        try (RunnerApp app = runner("--beacon.worker." + one, "--beacon.worker.poll-interval=10m")) {
            for (int job = 0; job < 4; job++) {
                submit(app, "job-" + job, "");
            }
            calls(2);
            await().during(Duration.ofMillis(500)).until(() -> provider.calls().size() == 2);
            provider.release("us-east");
            for (int job = 0; job < 4; job++) {
                assertThat(app.ended("job-" + job).path("status").asString()).isEqualTo("completed");
            }
        }
    }

    @Test
    void no_more_calls_of_a_region_are_under_way_than_allowed() {
        provider.hold("us-east");
        try (RunnerApp app = runner("--beacon.regions.us-east.max-in-flight=3")) {
            for (int job = 0; job < 5; job++) {
                submit(app, "job-" + job, "");
            }
            calls(3);
            await().during(Duration.ofMillis(500)).until(() -> provider.calls().size() == 3);
            assertThat(app.metric("beacon_executions_in_flight", "region=\"us-east\""))
                    .isEqualTo(3);
            provider.release("us-east");
            for (int job = 0; job < 5; job++) {
                assertThat(app.ended("job-" + job).path("status").asString()).isEqualTo("completed");
            }
            assertThat(provider.calls()).hasSize(10);
        }
    }

    @Test
    void many_more_cells_than_connections_wait_for_their_turn_and_no_check_fails() {
        String models = String.join(
                ",", IntStream.range(0, 1000).mapToObj(n -> "\"m" + n + "\"").toList());
        try (RunnerApp app = RunnerApp.fresh(
                "--beacon.inference.simulated.latency=0ms",
                "--spring.datasource.hikari.maximum-pool-size=4",
                "--spring.datasource.hikari.connection-timeout=250")) {
            app.submit("{\"id\": \"many\", \"models\": [" + models + "], \"regions\": [\"us-east\", \"eu-west\"]}");
            assertThat(app.ended("many").path("status").asString()).isEqualTo("completed");
            assertThat(app.metric("beacon_execution_claims_failed_total")).isZero();
            assertThat(app.metric("beacon_duplicates_total")).isZero();
        }
    }

    @Test
    void a_stop_waits_for_calls_under_way_and_puts_back_what_it_has_not_begun() throws Exception {
        provider.hold("us-east");
        RunnerApp app = runner("--beacon.regions.us-east.max-in-flight=1");
        submit(app, "job", "");
        calls(1);
        // A thread of its own: the common pool may have one thread only, which the HTTP client needs.
        Thread stopping = Thread.ofPlatform().start(app::close);
        await().during(Duration.ofMillis(500)).until(stopping::isAlive);
        provider.release("us-east");
        stopping.join();
        assertThat(provider.calls()).hasSize(1);

        try (RunnerApp idle = runner("--beacon.worker.enabled=false")) {
            JsonNode job = idle.get("/api/v1/jobs/job").json();
            assertThat(job.path("status").asString()).isEqualTo("queued");
            assertThat(job.at("/cells/completed").asInt()).isEqualTo(1);
            assertThat(job.at("/cells/pending").asInt()).isEqualTo(1);
        }
        try (RunnerApp next = runner()) {
            assertThat(next.ended("job").path("status").asString()).isEqualTo("completed");
            assertThat(provider.calls()).hasSize(2);
            assertThat(next.metric("beacon_duplicates_total", "layer=\"redelivery\""))
                    .isEqualTo(1);
        }
    }

    @Test
    void a_retry_that_a_stop_interrupts_is_gone_on_with() {
        provider.failWith("us-east", 400);
        RunnerApp app = runner("--beacon.regions.us-east.max-in-flight=1");
        submit(app, "job", "");
        assertThat(app.ended("job").path("status").asString()).isEqualTo("failed");
        provider.recover("us-east");
        provider.hold("us-east");
        app.post("/api/v1/jobs/job/retry", "");
        calls(3);
        Thread stopping = Thread.ofPlatform().start(app::close);
        await().during(Duration.ofMillis(300)).until(stopping::isAlive);
        provider.release("us-east");
        await().until(() -> !stopping.isAlive());
        try (RunnerApp next = runner()) {
            assertThat(next.ended("job").path("status").asString()).isEqualTo("completed");
            assertThat(provider.calls()).hasSize(4);
        }
    }

    @Test
    void a_stop_that_has_waited_long_enough_interrupts_calls_and_the_next_run_finds_them_unknown() {
        provider.hold("us-east");
        RunnerApp app = runner("--beacon.worker.shutdown-timeout=100ms");
        submit(app, "job", "");
        calls(2);
        app.close();
        provider.release("us-east");
        try (RunnerApp next = runner()) {
            assertThat(next.ended("job").path("status").asString()).isEqualTo("completed");
            assertThat(next.cells("job").get("us-east/a").path("attempts").values())
                    .extracting(attempt -> attempt.path("outcome").asString() + " "
                            + attempt.path("code").asString(""))
                    .containsExactly("unknown shutdown", "completed ");
            assertThat(next.metric("beacon_executions_unknown_total")).isEqualTo(2);
            assertThat(next.metric("beacon_executions_unknown_total", "cause=\"shutdown\""))
                    .isEqualTo(2);
            assertThat(provider.calls()).hasSize(4);
        }
    }

    @Test
    void a_running_job_whose_runner_is_gone_is_taken_over() {
        try (RunnerApp idle = runner("--beacon.worker.enabled=false")) {
            submit(idle, "orphan", "");
            idle.jdbc()
                    .sql("UPDATE jobs SET status = 'running', fence = 7, started_at = clock_timestamp()")
                    .update();
        }
        try (RunnerApp app = runner()) {
            assertThat(app.ended("orphan").path("status").asString()).isEqualTo("completed");
            assertThat(app.cells("orphan")
                            .get("us-east/a")
                            .at("/attempts/0/fence")
                            .asInt())
                    .isEqualTo(8);
        }
    }

    @Test
    void a_job_that_another_runner_has_locked_waits_until_the_lock_is_gone() {
        try (RunnerApp app = runner()) {
            StringRedisTemplate locks = app.bean(StringRedisTemplate.class);
            long next = 1; // The first job of a fresh database.
            locks.opsForValue().set("beacon:lock:job:" + next, "another's token");
            submit(app, "job", "");
            await().during(Duration.ofMillis(700)).until(() -> provider.calls().isEmpty());
            locks.delete("beacon:lock:job:" + next);
            assertThat(app.ended("job").path("status").asString()).isEqualTo("completed");
        }
    }

    @Test
    void a_run_goes_on_when_redis_is_emptied_and_nothing_runs_twice() {
        provider.hold("us-east");
        try (RunnerApp one = runner();
                RunnerApp two = runner()) {
            submit(one, "job", "");
            calls(2);
            StringRedisTemplate locks = one.bean(StringRedisTemplate.class);
            for (int flush = 0; flush < 3; flush++) {
                locks.delete("beacon:lock:job:1");
                await().atMost(Duration.ofSeconds(5)).until(() -> locks.hasKey("beacon:lock:job:1"));
                await().during(Duration.ofMillis(800)).until(() -> locks.hasKey("beacon:lock:job:1"));
            }
            provider.release("us-east");
            assertThat(two.ended("job").path("status").asString()).isEqualTo("completed");
            assertThat(provider.calls()).hasSize(2);
            assertThat(two.cells("job").get("us-east/a").path("attempt").asInt())
                    .isEqualTo(1);
        }
    }

    @Test
    void a_run_whose_lock_another_holds_is_interrupted_and_its_fence_keeps_it_out() {
        provider.hold("us-east");
        try (RunnerApp app = runner()) {
            submit(app, "job", "");
            calls(2);
            StringRedisTemplate locks = app.bean(StringRedisTemplate.class);
            locks.opsForValue().set("beacon:lock:job:1", "another's token", Duration.ofMillis(1500));
            provider.release("us-east");
            // The run ends here; once the other runner's lock has expired too, the job is an orphan and is taken over.
            JsonNode job = app.ended("job");
            assertThat(job.path("status").asString()).isEqualTo("completed");
        }
    }
}
