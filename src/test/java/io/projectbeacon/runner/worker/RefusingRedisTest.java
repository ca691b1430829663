package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.projectbeacon.runner.job.WakeUp;
import io.projectbeacon.runner.support.Console;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RedisCluster;
import io.projectbeacon.runner.support.RedisNode;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** A Redis that answers, and refuses what a lock needs: on a server of the test's own, by the server's own means. */
class RefusingRedisTest {

    private static final Duration TTL = Duration.ofMillis(1500);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final String database = TestServers.newDatabase();
    private FakeProvider provider;
    private Console console;

    @BeforeEach
    void start() throws Exception {
        provider = FakeProvider.start();
    }

    @AfterEach
    void stop() {
        if (console != null) {
            console.close();
        }
        provider.close();
    }

    private RunnerApp runner(String... redis) {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
        properties.add("--beacon.lock.ttl=" + TTL.toMillis() + "ms");
        properties.add("--beacon.regions.us-east.max-in-flight=2");
        properties.addAll(List.of(redis));
        RunnerApp app = RunnerApp.start(database, properties);
        console = new Console(); // The start of an application takes an earlier one away.
        return app;
    }

    private static String spec(String id, String region) {
        return "{\"id\": \"%s\", \"models\": [\"a\", \"b\", \"c\", \"d\"], \"regions\": [\"%s\"]}"
                .formatted(id, region);
    }

    private static String status(RunnerApp app, String id) {
        return app.get("/api/v1/jobs/" + id).json().path("status").asString();
    }

    private static JsonNode health(RunnerApp app) {
        return app.get("/actuator/health").json().at("/components/redis");
    }

    private void isDown(RunnerApp app, String code) {
        await().atMost(PATIENCE).until(() -> app.metric("beacon_redis_up") == 0);
        await().atMost(PATIENCE)
                .until(() -> health(app).at("/details/reason").asString().contains(code));
        assertThat(health(app).path("status").asString()).isEqualTo("DEGRADED");
        assertThat(console.lines("Redis answers and refuses locks (" + code + ")"))
                .singleElement()
                .asString()
                .startsWith("WARN");
    }

    private void isUp(RunnerApp app) {
        await().atMost(PATIENCE).until(() -> app.metric("beacon_redis_up") == 1);
        await().atMost(PATIENCE)
                .until(() -> health(app).path("status").asString().equals("UP"));
    }

    private void calls(int number) {
        await().atMost(PATIENCE).until(() -> provider.calls().size() == number);
    }

    private static void set(RedisNode redis, String setting, String value) {
        redis.ask(commands -> commands.configSet(setting, value));
    }

    /** ACL SETUSER, word by word. */
    private static void allow(RedisNode redis, String... rules) {
        redis.ask(commands -> commands.dispatch(
                CommandType.ACL,
                new StatusOutput<>(StringCodec.UTF8),
                new CommandArgs<>(StringCodec.UTF8)
                        .add("SETUSER")
                        .add("default")
                        .addValues(rules)));
    }

    private static Arguments refusal(String kind, String code, Consumer<RedisNode> begin, Consumer<RedisNode> end) {
        return Arguments.of(kind, code, begin, end);
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                refusal("full", "OOM", redis -> set(redis, "maxmemory", "1"), redis -> set(redis, "maxmemory", "0")),
                refusal(
                        "read-only",
                        "READONLY",
                        redis -> redis.ask(commands -> commands.replicaof("127.0.0.1", 1)),
                        redis -> redis.ask(RedisCommands::replicaofNoOne)),
                refusal("cannot be saved", "MISCONF", RefusingRedisTest::failToSave, redis -> {
                    set(redis, "stop-writes-on-bgsave-error", "no");
                }),
                refusal(
                        "without scripts",
                        "NOPERM",
                        redis -> allow(redis, "-@scripting"),
                        redis -> allow(redis, "+@scripting")),
                refusal(
                        "too few replicas",
                        "NOREPLICAS",
                        redis -> set(redis, "min-replicas-to-write", "1"),
                        redis -> set(redis, "min-replicas-to-write", "0")));
    }

    private static void failToSave(RedisNode redis) {
        set(redis, "save", "3600 1");
        set(redis, "dir", "/proc"); // Nobody can write a file there, not even root.
        redis.ask(RedisCommands::bgsave);
        await().atMost(PATIENCE)
                .until(() -> redis.ask(commands -> commands.info("persistence")).contains("bgsave_status:err"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void no_job_starts_running_ones_end_and_gauge_health_and_log_say_why(
            String kind, String code, Consumer<RedisNode> begin, Consumer<RedisNode> end) {
        try (RedisNode redis = RedisNode.start("");
                RunnerApp app = runner("--spring.data.redis.url=" + redis.url())) {
            isUp(app);
            provider.hold("us-east");
            app.submit(spec("running", "us-east"));
            calls(2);
            begin.accept(redis);
            assertThat(app.submit(spec("waiting", "eu-west")).status()).isEqualTo(202);
            isDown(app, code);
            // The leases that came with the lock are over by then.
            await().pollDelay(TTL.multipliedBy(2)).until(() -> true);
            provider.release("us-east");
            assertThat(app.ended("running").path("status").asString()).isEqualTo("completed");
            assertThat(status(app, "waiting")).isEqualTo("queued");
            assertThat(provider.calls()).hasSize(4);

            end.accept(redis);
            isUp(app);
            assertThat(app.ended("waiting").path("status").asString()).isEqualTo("completed");
            assertThat(provider.calls()).hasSize(8);
            assertThat(console.lines("Redis sets locks again")).hasSize(1);
            assertThat(console.lines("Redis answers and refuses locks")).hasSize(1);
        }
    }

    @Test
    void what_the_watch_sets_expires_by_itself() {
        try (RedisNode redis = RedisNode.start("")) {
            try (RunnerApp app = runner("--spring.data.redis.url=" + redis.url())) {
                isUp(app);
                List<String> keys = redis.ask(commands -> commands.keys("beacon:lock:watch:*"));
                assertThat(keys).isNotEmpty();
                for (String key : keys) {
                    long left = redis.ask(commands -> commands.pttl(key));
                    assertThat(left).isBetween(0L, TTL.toMillis());
                }
            }
            await().atMost(PATIENCE).until(() -> redis.ask(RedisCommands::dbsize) == 0);
        }
    }

    @Test
    void another_reason_is_said_too() {
        try (RedisNode redis = RedisNode.start("");
                RunnerApp app = runner("--spring.data.redis.url=" + redis.url())) {
            isUp(app);
            set(redis, "maxmemory", "1");
            isDown(app, "OOM");
            allow(redis, "-@scripting");
            isDown(app, "NOPERM");
        }
    }

    @Test
    void a_cluster_without_quorum_is_no_redis_to_start_jobs_by() {
        try (RedisCluster cluster = RedisCluster.start();
                RunnerApp app = runner(cluster.properties().toArray(String[]::new))) {
            isUp(app);
            cluster.loseQuorum();
            assertThat(app.submit(spec("waiting", "eu-west")).status()).isEqualTo(202);
            await().atMost(PATIENCE).until(() -> app.metric("beacon_redis_up") == 0);
            await().atMost(PATIENCE)
                    .until(
                            () -> console.lines("Redis answers and refuses locks (CLUSTERDOWN)"),
                            lines -> !lines.isEmpty());
            assertThat(health(app).path("status").asString()).isEqualTo("DEGRADED");
            assertThat(status(app, "waiting")).isEqualTo("queued");
        }
    }

    @Test
    void emptied_and_refusing_to_set_a_lock_again_it_costs_no_running_job_its_run() {
        try (RedisNode redis = RedisNode.start("");
                RunnerApp app = runner("--spring.data.redis.url=" + redis.url());
                RunnerApp other = runner("--spring.data.redis.url=" + redis.url())) {
            isUp(app);
            isUp(other);
            provider.hold("us-east");
            app.submit(spec("running", "us-east"));
            calls(2);
            set(redis, "maxmemory", "1");
            redis.ask(RedisCommands::flushall);
            // Two TTLs without a lock: both sweepers would take the job for an orphan.
            await().during(TTL.multipliedBy(3))
                    .atMost(TTL.multipliedBy(6))
                    .until(() -> status(app, "running").equals("running")
                            && provider.calls().size() == 2);
            provider.release("us-east");
            assertThat(app.ended("running").path("status").asString()).isEqualTo("completed");
            assertThat(provider.calls()).hasSize(4);
            assertThat(app.jdbc()
                            .sql("SELECT fence FROM jobs")
                            .query(Long.class)
                            .single())
                    .isEqualTo(1);
        }
    }

    @Test
    void wake_up_calls_that_an_acl_refuses_are_said_once_and_jobs_are_found_by_polling() {
        try (RedisNode redis = RedisNode.start("");
                RunnerApp app = runner("--spring.data.redis.url=" + redis.url())) {
            isUp(app);
            allow(redis, "resetchannels");
            app.bean(WakeUp.class).stopListening(); // The picker subscribes again at its next look.
            for (int job = 0; job < 3; job++) {
                app.submit(spec("job-" + job, "eu-west"));
                assertThat(app.ended("job-" + job).path("status").asString()).isEqualTo("completed");
            }
            assertThat(console.lines("No wake-up calls are heard")).hasSize(1);
            assertThat(console.lines("No wake-up calls are sent")).hasSize(1);
            isUp(app);
        }
    }

    @Test
    void what_the_page_on_scaling_allows_a_runner_is_enough() throws Exception {
        String rules = Files.readString(Path.of("docs", "scaling.md"))
                .lines()
                .filter(line -> line.startsWith("ACL SETUSER beacon"))
                .findFirst()
                .orElseThrow();
        try (RedisNode redis = RedisNode.start("user " + rules.substring("ACL SETUSER ".length()));
                RunnerApp app = runner(
                        "--spring.data.redis.url=" + redis.url().replace("redis://", "redis://beacon:SECRET@"),
                        "--beacon.regions.eu-west.max-in-flight-total=2")) {
            isUp(app);
            app.submit(spec("j", "eu-west"));
            assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
            assertThat(console.lines("No wake-up calls")).isEmpty();
            assertThat(console.lines("Locks cannot")).isEmpty();
            assertThat(console.lines("The calls to eu-west")).isEmpty();
            assertThat(console.lines("The shared slots")).isEmpty();
        }
    }
}
