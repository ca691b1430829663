package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.job.JobQueue;
import io.projectbeacon.runner.job.JobQueue.Sizes;
import io.projectbeacon.runner.job.JobRoom;
import io.projectbeacon.runner.job.StartedJob;
import io.projectbeacon.runner.support.Console;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.core.StringRedisTemplate;
import tools.jackson.databind.JsonNode;

/** Somebody writes to the keys of locks by hand: only the jobs of those keys feel it, and are named. */
class BrokenLockKeyTest {

    private static final Duration TTL = Duration.ofMillis(1500);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final String database = TestServers.newDatabase();
    private final String redisUrl = TestServers.newRedisUrl();
    private final List<RunnerApp> apps = new ArrayList<>();
    private FakeProvider provider;
    private Console console;

    @BeforeEach
    void start() throws Exception {
        provider = FakeProvider.start();
    }

    @AfterEach
    void stop() {
        console.close();
        provider.close();
        apps.reversed().forEach(RunnerApp::close);
    }

    private RunnerApp runner(String... further) {
        return runner(TTL, further);
    }

    private RunnerApp runner(Duration ttl, String... further) {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
        properties.add("--beacon.lock.ttl=" + ttl.toMillis() + "ms");
        properties.add("--beacon.regions.us-east.max-in-flight=2");
        properties.addAll(List.of(further));
        RunnerApp app = RunnerApp.start(database, redisUrl, properties);
        apps.add(app);
        console = new Console(); // The start of an application takes an earlier one away.
        return app;
    }

    private static String spec(String id, String region) {
        return "{\"id\": \"%s\", \"models\": [\"a\", \"b\", \"c\", \"d\"], \"regions\": [\"%s\"]}"
                .formatted(id, region);
    }

    private static String key(long job) {
        return "beacon:lock:job:" + job;
    }

    private static StringRedisTemplate redis(RunnerApp app) {
        return app.bean(StringRedisTemplate.class);
    }

    private static void poison(RunnerApp app, long job) {
        redis(app).delete(key(job));
        redis(app).opsForList().rightPush(key(job), "no token");
    }

    private static JsonNode health(RunnerApp app) {
        return app.get("/actuator/health").json().at("/components/locks");
    }

    private static String status(RunnerApp app, String id) {
        return app.get("/api/v1/jobs/" + id).json().path("status").asString();
    }

    private static void isNamed(RunnerApp app, long job, String id, String fault) {
        await().atMost(PATIENCE)
                .until(() ->
                        health(app).at("/details").path(key(job)).asString().equals(fault + "; job " + id));
        assertThat(health(app).path("status").asString()).isEqualTo("DEGRADED");
        assertThat(app.metric("beacon_lock_keys_broken")).isEqualTo(1);
    }

    private static void isWell(RunnerApp app) {
        await().atMost(PATIENCE)
                .until(() -> health(app).path("status").asString().equals("UP"));
        assertThat(app.metric("beacon_lock_keys_broken")).isZero();
    }

    private void calls(int number) {
        await().atMost(PATIENCE).until(() -> provider.calls().size() == number);
    }

    private void nothingTwice(int calls) {
        Map<String, Long> byCell = provider.calls().stream()
                .collect(Collectors.groupingBy(FakeProvider.Call::idempotencyKey, Collectors.counting()));
        assertThat(byCell.values()).allMatch(count -> count == 1);
        assertThat(byCell).hasSize(calls);
    }

    @Test
    void a_queued_job_whose_key_is_of_another_type_waits_and_is_named_and_all_others_start() {
        RunnerApp app = runner();
        poison(app, 1);
        app.submit(spec("poisoned", "eu-west"));
        app.submit(spec("sound", "eu-west"));
        assertThat(app.ended("sound").path("status").asString()).isEqualTo("completed");
        isNamed(app, 1, "poisoned", "is of another type than a lock");
        // The key is met anew at each third of the TTL.
        await().during(TTL.multipliedBy(2))
                .atMost(PATIENCE)
                .until(() -> status(app, "poisoned").equals("queued") && app.metric("beacon_lock_keys_broken") == 1);
        assertThat(console.lines(key(1) + " in Redis"))
                .singleElement()
                .asString()
                .startsWith("WARN")
                .endsWith("job_id=poisoned");
        assertThat(app.metric("beacon_redis_up")).isEqualTo(1);

        redis(app).delete(key(1));
        assertThat(app.ended("poisoned").path("status").asString()).isEqualTo("completed");
        isWell(app);
        nothingTwice(8);
    }

    @Test
    void as_many_broken_keys_as_one_look_takes_do_not_hide_the_job_behind_them_and_are_not_asked_for_all_the_time() {
        int poisoned = 600;
        RunnerApp submitting = runner("--beacon.worker.enabled=false");
        redis(submitting).executePipelined((org.springframework.data.redis.core.RedisCallback<Object>) connection -> {
            for (long job = 1; job <= poisoned; job++) {
                connection.listCommands().rPush(key(job).getBytes(), "no token".getBytes());
            }
            return null;
        });
        StringBuilder batch = new StringBuilder();
        for (int job = 1; job <= poisoned; job++) {
            batch.append(spec("poisoned-" + job, "eu-west")).append('\n');
        }
        submitting.post("/api/v1/jobs:batch", batch.toString().getBytes(), "application/x-ndjson");
        submitting.submit(spec("sound", "eu-west"));
        RunnerApp app = runner(Duration.ofSeconds(30), "--beacon.worker.poll-interval=5s");
        assertThat(app.ended("sound").path("status").asString()).isEqualTo("completed");
        await().atMost(PATIENCE).until(() -> app.metric("beacon_lock_keys_broken") == poisoned);
        // Each of them once and, after a third of the TTL, once more at most; the sound one besides.
        assertThat(app.metric("beacon_job_lock_wait_seconds_count")).isBetween(poisoned + 1.0, 2.0 * poisoned + 1);
        // The log names ten of them, before or after the console was there to hear it.
        assertThat(console.lines("beacon:lock:job:")).hasSizeLessThanOrEqualTo(10);
        assertThat(health(app).path("details").size()).isEqualTo(2 + 10);
    }

    @Test
    void a_run_whose_key_is_broken_goes_on_by_a_lease_and_no_other_runner_takes_its_job() {
        RunnerApp app = runner();
        runner();
        provider.hold("us-east");
        app.submit(spec("j", "us-east"));
        calls(2);
        poison(app, 1);
        isNamed(apps.getFirst(), 1, "j", "is of another type than a lock");
        isNamed(apps.getLast(), 1, "j", "is of another type than a lock");
        await().pollDelay(TTL.multipliedBy(3)).until(() -> true);
        provider.release("us-east");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        nothingTwice(4);
        assertThat(app.jdbc().sql("SELECT fence FROM jobs").query(Long.class).single())
                .isEqualTo(1);
    }

    @Test
    void a_token_without_a_ttl_that_somebody_sets_over_a_lock_ends_no_run_and_is_named_after_two_ttls() {
        RunnerApp app = runner();
        provider.hold("us-east");
        app.submit(spec("j", "us-east"));
        calls(2);
        long set = System.nanoTime();
        redis(app).opsForValue().set(key(1), "by hand");
        isNamed(app, 1, "j", "never expires, and no runner renews it");
        assertThat(Duration.ofNanos(System.nanoTime() - set)).isGreaterThan(TTL.multipliedBy(2));
        assertThat(console.lines(key(1) + " in Redis never expires")).hasSize(1);
        provider.release("us-east");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        nothingTwice(4);
    }

    @Test
    void a_lock_that_loses_its_ttl_is_given_one_by_its_runner_and_not_named() {
        RunnerApp app = runner();
        provider.hold("us-east");
        app.submit(spec("j", "us-east"));
        calls(2);
        redis(app).persist(key(1));
        await().atMost(PATIENCE).until(() -> redis(app).getExpire(key(1)) >= 0);
        await().during(TTL.multipliedBy(2)).atMost(PATIENCE).until(() -> app.metric("beacon_lock_keys_broken") == 0);
        provider.release("us-east");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        nothingTwice(4);
    }

    @Test
    void a_queued_job_whose_lock_never_expires_is_named_and_starts_when_the_key_is_deleted() {
        RunnerApp app = runner();
        redis(app).opsForValue().set(key(1), "by hand");
        app.submit(spec("j", "eu-west"));
        isNamed(app, 1, "j", "never expires, and no runner renews it");
        assertThat(status(app, "j")).isEqualTo("queued");
        redis(app).delete(key(1));
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        isWell(app);
    }

    /** A job whose runner has died: started, and without anybody who would renew anything. */
    private StartedJob orphan(RunnerApp app) {
        app.submit(spec("j", "eu-west"));
        JobQueue queue = app.bean(JobQueue.class);
        return queue.start(queue.next(JobRoom.NO_SHARES, Set.of(), Set.of(), Sizes.ALL, 1))
                .getFirst();
    }

    private static OrphanSweeper sweeper(RunnerApp app, Duration ttl) {
        return new OrphanSweeper(app.bean(JobQueue.class), app.bean(JobLocks.class), new LockProperties(ttl));
    }

    @Test
    void a_job_whose_runner_has_died_is_taken_back_though_its_key_is_broken() {
        RunnerApp app = runner("--beacon.worker.enabled=false");
        StartedJob orphan = orphan(app);
        poison(app, 1);
        Duration ttl = Duration.ofMillis(600);
        JobQueue queue = app.bean(JobQueue.class);
        queue.lease(List.of(orphan.run()), ttl.multipliedBy(3));
        OrphanSweeper sweeper = sweeper(app, ttl);
        long begin = System.nanoTime();
        await().atMost(PATIENCE).until(() -> sweeper.sweep() == 1);
        // The lease was respected: it stands for a runner that lives.
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(ttl.multipliedBy(2));
        assertThat(status(app, "j")).isEqualTo("queued");
    }

    @Test
    void a_job_whose_lock_never_expires_is_taken_back_after_two_ttls_without_a_renewal() {
        RunnerApp app = runner("--beacon.worker.enabled=false");
        orphan(app);
        redis(app).opsForValue().set(key(1), "a dead runner's token");
        Duration ttl = Duration.ofMillis(600);
        OrphanSweeper sweeper = sweeper(app, ttl);
        long begin = System.nanoTime();
        await().atMost(PATIENCE).until(() -> sweeper.sweep() == 1);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(ttl.multipliedBy(2));
        assertThat(status(app, "j")).isEqualTo("queued");
    }

    @Test
    void a_region_whose_shared_slots_are_of_another_type_stands_still_alone_and_is_named() {
        RunnerApp app = runner(
                "--beacon.regions.us-east.max-in-flight-total=2", "--beacon.regions.eu-west.max-in-flight-total=2");
        redis(app).opsForList().rightPush("beacon:limit:region:us-east", "no slot");
        app.submit(spec("stuck", "us-east"));
        app.submit(spec("sound", "eu-west"));
        assertThat(app.ended("sound").path("status").asString()).isEqualTo("completed");
        await().atMost(PATIENCE)
                .until(() -> app.get("/actuator/health")
                        .json()
                        .at("/components/regions/details/us-east")
                        .asString()
                        .contains("delete beacon:limit:region:us-east*"));
        assertThat(provider.callsTo("us-east")).isEmpty();
        assertThat(console.lines("The calls to us-east of all replicas cannot be counted"))
                .hasSize(1);
        redis(app).delete("beacon:limit:region:us-east");
        assertThat(app.ended("stuck").path("status").asString()).isEqualTo("completed");
        nothingTwice(8);
    }
}
