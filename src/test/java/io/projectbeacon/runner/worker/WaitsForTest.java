package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.core.StringRedisTemplate;
import tools.jackson.databind.JsonNode;

/** Any replica says what a job waits for, whichever has it. */
class WaitsForTest {

    private final String database = TestServers.newDatabase();
    private final String redis = TestServers.newRedisUrl();
    private final List<RunnerApp> apps = new ArrayList<>();
    private FakeProvider provider;

    /** Runs no job: what it tells, it was told. */
    private RunnerApp other;

    @BeforeEach
    void startProvider() throws IOException {
        provider = FakeProvider.start();
    }

    @AfterEach
    void close() {
        apps.forEach(RunnerApp::close);
        provider.close();
    }

    private RunnerApp start(String... more) {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
        properties.addAll(List.of(more));
        RunnerApp app = RunnerApp.start(database, redis, properties);
        apps.add(app);
        return app;
    }

    private void startBoth(String... more) {
        start(more);
        List<String> without = new ArrayList<>(List.of(more));
        without.add("--beacon.worker.enabled=false");
        other = start(without.toArray(String[]::new));
    }

    private void submit(String id, int models, String regions) {
        String names = String.join(
                ",", IntStream.range(0, models).mapToObj(n -> "\"m" + n + "\"").toList());
        assertThat(other.submit("{\"id\":\"%s\",\"prompt\":\"Who?\",\"models\":[%s],\"regions\":[%s]}"
                                .formatted(id, names, regions))
                        .status())
                .isEqualTo(202);
    }

    private JsonNode job(String id) {
        return other.get("/api/v1/jobs/" + id).json();
    }

    /** The one thing that the job waits for, once it is this. */
    private JsonNode awaitWait(String id, String region, String reason) {
        return await().atMost(Duration.ofSeconds(20))
                .until(
                        () -> job(id).path("waits_for").path(0),
                        wait -> wait.path("region").asString("").equals(region)
                                && wait.path("reason").asString("").equals(reason));
    }

    @Test
    void cells_of_a_running_job_wait_for_places_and_are_counted() {
        startBoth("--beacon.regions.us-east.max-in-flight=4", "--beacon.regions.eu-west.max-in-flight-total=2");
        provider.hold("us-east");
        provider.hold("eu-west");
        submit("place", 10, "\"us-east\"");
        submit("total", 5, "\"eu-west\"");
        await().untilAsserted(() -> assertThat(
                        awaitWait("place", "us-east", "place").path("cells").asInt())
                .isEqualTo(6));
        await().untilAsserted(() -> assertThat(awaitWait("total", "eu-west", "total_limit")
                        .path("cells")
                        .asInt())
                .isEqualTo(3));
        assertThat(other.get("/api/v1/jobs").json().toString()).doesNotContain("waits_for");

        provider.letThrough("us-east");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> job("place").at("/waits_for/0/cells").asInt(-1) == 2);
        provider.release("us-east");
        provider.release("eu-west");
        assertThat(other.ended("place").has("waits_for")).isFalse();
        assertThat(other.ended("total").has("waits_for")).isFalse();
    }

    @Test
    void cells_of_a_running_job_wait_for_the_pace_and_for_their_next_attempts() {
        startBoth(
                "--beacon.inference.backoff.initial=2900ms",
                "--beacon.inference.backoff.max=2900ms",
                "--beacon.inference.max-attempts=100");
        // A cell that is under way elsewhere keeps the job from being parked.
        provider.hold("eu-west");
        provider.failWith("us-east", 503);
        submit("attempt", 1, "\"us-east\",\"eu-west\"");
        Instant until = Instant.parse(
                awaitWait("attempt", "us-east", "backoff").path("until").asString());
        assertThat(until).isBetween(Instant.now().minusSeconds(3), Instant.now().plusSeconds(4));
        provider.failWith("us-east", 429, "30");
        JsonNode pace = await().atMost(Duration.ofSeconds(20))
                .until(
                        () -> job("attempt").path("waits_for").path(0),
                        wait -> wait.path("reason").asString("").equals("backoff")
                                && Instant.parse(wait.path("until").asString())
                                        .isAfter(Instant.now().plusSeconds(15)));
        assertThat(pace.path("cells").asInt()).isEqualTo(1);
        submit("pace", 2, "\"us-east\",\"eu-west\"");
        assertThat(awaitWait("pace", "us-east", "pace").path("cells").asInt()).isEqualTo(2);
    }

    @Test
    void a_job_in_the_queue_waits_for_a_runner_or_its_regions() {
        other = start("--beacon.worker.enabled=false");
        submit("queued", 2, "\"us-east\",\"eu-west\"");
        assertThat(job("queued")
                        .path("waits_for")
                        .valueStream()
                        .map(wait -> wait.path("region").asString() + " "
                                + wait.path("reason").asString()))
                .containsExactly("eu-west runner", "us-east runner");
        other.post("/api/v1/regions/us-east/pause", "");
        other.jdbc()
                .sql("INSERT INTO closed_regions (region, closed_until) VALUES ('eu-west', now() + interval '1 hour')")
                .update();
        assertThat(job("queued")
                        .path("waits_for")
                        .valueStream()
                        .map(wait -> wait.path("region").asString() + " "
                                + wait.path("reason").asString()))
                .containsExactly("eu-west closed", "us-east paused");
        assertThat(Instant.parse(job("queued").at("/waits_for/0/until").asString()))
                .isAfter(Instant.now().plusSeconds(3000));

        start();
        await().atMost(Duration.ofSeconds(20)).until(() -> job("queued").has("parked_until"));
        assertThat(job("queued").at("/waits_for/1/reason").asString()).isEqualTo("paused");
    }

    @Test
    void a_job_whose_key_is_no_lock_says_so() {
        other = start("--beacon.worker.enabled=false");
        submit("stuck", 1, "\"us-east\"");
        StringRedisTemplate keys = other.bean(StringRedisTemplate.class);
        String key = "beacon:lock:job:"
                + other.jdbc().sql("SELECT id FROM jobs").query(Long.class).single();
        keys.opsForList().rightPush(key, "no lock");
        start();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> job("stuck").at("/waits_for/1/reason").asString("").equals("lock_key"));
        keys.delete(key);
        assertThat(other.ended("stuck").path("status").asString()).isEqualTo("completed");
    }
}
