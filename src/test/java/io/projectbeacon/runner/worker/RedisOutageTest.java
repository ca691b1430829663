package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Link;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Redis is stopped, paused, emptied or slow while jobs run, are submitted and are cancelled. */
class RedisOutageTest {

    private static final Duration TTL = Duration.ofMillis(900);

    private final String database = TestServers.newDatabase();
    private final String redis = TestServers.newRedisUrl();
    private FakeProvider provider;
    private Link link;
    private RunnerApp app;

    @BeforeEach
    void start() throws Exception {
        provider = FakeProvider.start();
        link = Link.to(Link.portOf(redis));
        app = runner(link.over(redis));
    }

    @AfterEach
    void stop() throws Exception {
        link.mend();
        provider.close();
        app.close();
        link.close();
    }

    private RunnerApp runner(String redisUrl) {
        return runner(redisUrl, TTL);
    }

    private RunnerApp runner(String redisUrl, Duration ttl) {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
        properties.add("--beacon.lock.ttl=" + ttl.toMillis() + "ms");
        properties.add("--beacon.regions.us-east.max-in-flight=2");
        properties.add("--spring.data.redis.timeout=1s");
        return RunnerApp.start(database, redisUrl, properties);
    }

    private static String spec(String id, String region) {
        return "{\"id\": \"%s\", \"models\": [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"], \"regions\": [\"%s\"]}"
                .formatted(id, region);
    }

    private String status(String id) {
        return app.get("/api/v1/jobs/" + id).json().path("status").asString();
    }

    private void calls(int number) {
        await().atMost(Duration.ofSeconds(20)).until(() -> provider.calls().size() == number);
    }

    private void nothingTwice(int calls) {
        Map<String, Long> byCell = provider.calls().stream()
                .collect(Collectors.groupingBy(FakeProvider.Call::idempotencyKey, Collectors.counting()));
        assertThat(byCell.values()).allMatch(count -> count == 1);
        assertThat(byCell).hasSize(calls);
    }

    static Stream<Arguments> outages() {
        return Stream.of(Arguments.of("stopped", (Consumer<Link>) Link::cut), Arguments.of("paused", (Consumer<Link>)
                Link::freeze));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("outages")
    void running_jobs_finish_submissions_are_taken_and_starting_waits_until_it_is_back(
            String kind, Consumer<Link> begin) {
        provider.hold("us-east");
        app.submit(spec("running", "us-east"));
        calls(2);
        begin.accept(link);
        // The leases that came with the locks in Redis are over by then; from now on the database gives the lease.
        await().pollDelay(TTL.multipliedBy(2)).until(() -> true);

        long asked = System.nanoTime();
        assertThat(app.submit(spec("waiting", "eu-west")).status()).isEqualTo(202);
        assertThat(app.submit(spec("unwanted", "eu-west")).status()).isEqualTo(202);
        assertThat(app.post("/api/v1/jobs/unwanted/cancel", "").status()).isEqualTo(202);
        assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(1));

        provider.release("us-east");
        assertThat(app.ended("running").path("status").asString()).isEqualTo("completed");
        assertThat(status("waiting")).isEqualTo("queued");
        assertThat(provider.calls()).hasSize(6);

        link.mend();
        await().atMost(Duration.ofSeconds(10)).until(() -> status("waiting").equals("completed"));
        nothingTwice(12);
        assertThat(app.metric("beacon_duplicates_total")).isZero();
        assertThat(app.metric("beacon_executions_unknown_total")).isZero();
    }

    @Test
    void a_cancel_is_felt_within_a_second_without_redis() {
        provider.hold("us-east");
        app.submit(spec("j", "us-east"));
        calls(2);
        link.cut();
        assertThat(app.post("/api/v1/jobs/j/cancel", "").status()).isEqualTo(202);
        // A second, and another for the scrape.
        await().atMost(Duration.ofSeconds(2)).until(() -> app.metric("beacon_executions_in_flight") == 0);
    }

    /** Empties Redis over a connection of its own, since the link is cut. */
    private void empty() throws IOException {
        URI server = URI.create(redis);
        try (Socket socket = new Socket(server.getHost(), server.getPort())) {
            String commands = "AUTH %s\r\nSELECT %s\r\nFLUSHDB\r\n"
                    .formatted(
                            server.getUserInfo().substring(1), server.getPath().substring(1));
            socket.getOutputStream().write(commands.getBytes(StandardCharsets.US_ASCII));
            BufferedReader replies =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            for (int reply = 0; reply < 3; reply++) {
                assertThat(replies.readLine()).isEqualTo("+OK");
            }
        }
    }

    @Test
    void restarted_empty_it_gets_the_locks_of_running_jobs_back_and_no_other_runner_takes_them() throws Exception {
        app.close();
        app = runner(link.over(redis), Duration.ofSeconds(3));
        try (RunnerApp other = runner(link.over(redis), Duration.ofSeconds(3))) {
            provider.hold("us-east");
            provider.hold("eu-west");
            app.submit(spec("one", "us-east"));
            other.submit(spec("two", "eu-west"));
            calls(8);
            for (int restart = 0; restart < 2; restart++) {
                link.cut();
                empty();
                link.mend();
                StringRedisTemplate locks = app.bean(StringRedisTemplate.class);
                await().atMost(Duration.ofSeconds(10))
                        .ignoreExceptions()
                        .until(() -> locks.hasKey("beacon:lock:job:1") && locks.hasKey("beacon:lock:job:2"));
            }
            provider.release("us-east");
            provider.release("eu-west");
            assertThat(app.ended("one").path("status").asString()).isEqualTo("completed");
            assertThat(app.ended("two").path("status").asString()).isEqualTo("completed");
            nothingTwice(12);
        }
    }

    @Test
    void answering_slowly_it_slows_the_start_of_jobs_and_nothing_else() {
        link.slow(Duration.ofMillis(60));
        for (int job = 0; job < 3; job++) {
            app.submit(spec("job-" + job, "us-east"));
        }
        for (int job = 0; job < 3; job++) {
            assertThat(app.ended("job-" + job).path("status").asString()).isEqualTo("completed");
        }
        nothingTwice(18);
        assertThat(app.metric("beacon_executions_unknown_total")).isZero();
    }
}
