package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.job.JobRoom;
import io.projectbeacon.runner.job.WakeUp;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RedisCluster;
import io.projectbeacon.runner.support.RedisSentinels;
import io.projectbeacon.runner.support.ReplicatedRedis;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Two runners on a Redis of several processes, whose master is killed or falls silent while jobs run. */
class RedisFailoverTest {

    private static final String LIMIT = "beacon:limit:region:us-east";
    private static final int TOTAL = 6;
    private static final Duration TTL = Duration.ofSeconds(20);
    private static final List<String> JOBS =
            IntStream.range(0, 8).mapToObj(n -> "job-" + n).toList();

    /* In a cluster the lock of the last of these jobs is on the node that is killed, by the hash of its key. */
    private static final List<String> AFTER =
            IntStream.range(0, 4).mapToObj(n -> "after-" + n).toList();

    private final String database = TestServers.newDatabase();

    static Stream<Arguments> kinds() {
        return Stream.of(
                Arguments.of("sentinel", (Supplier<ReplicatedRedis>) RedisSentinels::start),
                Arguments.of("cluster", (Supplier<ReplicatedRedis>) RedisCluster::start));
    }

    private RunnerApp runner(ReplicatedRedis redis, FakeProvider provider) {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
        properties.addAll(redis.properties());
        properties.add("--beacon.regions.us-east.max-in-flight-total=" + TOTAL);
        properties.add("--beacon.lock.ttl=" + TTL.toSeconds() + "s");
        return RunnerApp.start(database, properties);
    }

    private static String spec(String id, String region) {
        return "{\"id\": \"%s\", \"models\": [\"a\", \"b\", \"c\", \"d\"], \"regions\": [\"%s\"]}"
                .formatted(id, region);
    }

    private static String status(RunnerApp app, String id) {
        return app.get("/api/v1/jobs/" + id).json().path("status").asString();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    void work_goes_on_through_the_death_of_a_master_and_no_call_is_made_twice(
            String kind, Supplier<ReplicatedRedis> start) throws Exception {
        try (ReplicatedRedis redis = start.get();
                FakeProvider provider = FakeProvider.start();
                RunnerApp one = runner(redis, provider);
                RunnerApp two = runner(redis, provider)) {
            WakeUp listener = JobRoom.wakeUp(one.bean(StringRedisTemplate.class));
            listener.listen();
            isWoken(listener, two);
            workGoesOn(kind + ", killed", provider, one, two, () -> redis.killMasterOf(LIMIT));
            isWoken(listener, two);
            listener.stopListening();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    void a_master_that_falls_silent_is_left_for_the_one_that_stands_in_for_it(
            String kind, Supplier<ReplicatedRedis> start) throws Exception {
        try (ReplicatedRedis redis = start.get();
                FakeProvider provider = FakeProvider.start();
                RunnerApp one = runner(redis, provider);
                RunnerApp two = runner(redis, provider)) {
            workGoesOn(kind + ", silent", provider, one, two, () -> redis.freezeMasterOf(LIMIT));
        }
    }

    private static void workGoesOn(String kind, FakeProvider provider, RunnerApp one, RunnerApp two, Runnable failure) {
        provider.hold("us-east");
        JOBS.forEach(id -> assertThat(one.submit(spec(id, "us-east")).status()).isEqualTo(202));
        await().atMost(Duration.ofSeconds(20)).until(() -> provider.calls().size() == TOTAL);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> JOBS.stream().anyMatch(id -> status(one, id).equals("running")));

        long failed = System.nanoTime();
        failure.run();
        AFTER.forEach(id -> assertThat(two.submit(spec(id, "eu-west")).status()).isEqualTo(202));
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> AFTER.stream().noneMatch(id -> status(two, id).equals("queued")));
        System.out.printf("Redis %s: all jobs start after %d ms%n", kind, (System.nanoTime() - failed) / 1_000_000);
        AFTER.forEach(id -> assertThat(two.ended(id).path("status").asString()).isEqualTo("completed"));
        // No slot was given away while the call that had it was under way.
        assertThat(provider.callsTo("us-east")).hasSize(TOTAL);

        provider.release("us-east");
        JOBS.forEach(id -> assertThat(one.ended(id).path("status").asString()).isEqualTo("completed"));
        nothingWasCalledTwice(provider);
        locksAreGivenBack(one);
    }

    private static void isWoken(WakeUp listener, RunnerApp other) throws InterruptedException {
        Duration patience = Duration.ofSeconds(10);
        listener.await(Duration.ofNanos(1)); // Uses up the announcements heard before.
        long called = System.nanoTime();
        other.bean(WakeUp.class).announce();
        listener.await(patience);
        assertThat(Duration.ofNanos(System.nanoTime() - called)).isLessThan(patience);
    }

    private static void nothingWasCalledTwice(FakeProvider provider) {
        Map<String, Long> byCell = provider.calls().stream()
                .collect(Collectors.groupingBy(FakeProvider.Call::idempotencyKey, Collectors.counting()));
        assertThat(byCell)
                .hasSize(4 * (JOBS.size() + AFTER.size()))
                .allSatisfy((cell, calls) -> assertThat(calls).isEqualTo(1));
    }

    /** A lock whose release was sent to the master that fell silent, or that its replica did not hear of, expires. */
    private static void locksAreGivenBack(RunnerApp app) {
        StringRedisTemplate redis = app.bean(StringRedisTemplate.class);
        await().atMost(TTL.plusSeconds(10))
                .until(() -> IntStream.rangeClosed(1, JOBS.size() + AFTER.size())
                        .noneMatch(id -> redis.hasKey("beacon:lock:job:" + id)));
        await().atMost(Duration.ofSeconds(10)).until(() -> redis.opsForZSet().zCard(LIMIT) == 0);
    }
}
