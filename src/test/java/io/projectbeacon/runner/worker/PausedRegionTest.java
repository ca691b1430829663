package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.Console;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.FakeProvider.Call;
import io.projectbeacon.runner.support.Link;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** An operator stops the calls to a region, on every replica at once. The provider's ledger says which calls began when. */
class PausedRegionTest {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int JOBS = 4;
    private static final int CELLS = 1000;

    private final String database = TestServers.newDatabase();
    private final String redis = TestServers.newRedisUrl();
    private final List<RunnerApp> apps = new ArrayList<>();
    private FakeProvider provider;

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

    private static void submit(RunnerApp app, String id, int models, String regions, String more) {
        String names = String.join(
                ",", IntStream.range(0, models).mapToObj(n -> "\"m" + n + "\"").toList());
        assertThat(app.submit("{\"id\":\"%s\",\"prompt\":\"Who?\",\"models\":[%s],\"regions\":[%s]%s}"
                                .formatted(id, names, regions, more))
                        .status())
                .isEqualTo(202);
    }

    private static JsonNode job(RunnerApp app, String id) {
        return app.get("/api/v1/jobs/" + id).json();
    }

    private static void awaitParked(RunnerApp app, String id) {
        await().atMost(LONG).until(() -> job(app, id).has("parked_until"));
    }

    /** @return when the region was paused, to the letter: the moment of the answer */
    private static Instant pause(RunnerApp app, String region) {
        Reply answer = app.post("/api/v1/regions/" + region + "/pause", "");
        Instant paused = Instant.now();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().path("paused").asBoolean()).isTrue();
        return paused;
    }

    private static void resume(RunnerApp app, String region) {
        Reply answer = app.post("/api/v1/regions/" + region + "/resume", "");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().path("paused").asBoolean()).isFalse();
    }

    private List<Call> begunAfter(String region, Instant time) {
        return provider.callsTo(region).stream()
                .filter(call -> call.start().isAfter(time))
                .toList();
    }

    private void noCallBegins(String region, Instant after, Duration during) {
        await().during(during)
                .atMost(during.plus(LONG))
                .untilAsserted(() -> assertThat(begunAfter(region, after)).isEmpty());
    }

    @Test
    void after_its_answer_no_call_begins_on_any_replica_and_resumed_each_cell_is_called_once() {
        // Large jobs: what both have begun goes on for longer than the pause takes to be answered.
        provider.latency("us-east", Duration.ofMillis(40));
        String few = "--beacon.regions.us-east.max-in-flight=10";
        RunnerApp one = start(few, "--beacon.worker.max-jobs=8");
        RunnerApp two = start(few, "--beacon.worker.max-jobs=8");
        for (int n = 0; n < JOBS; n++) {
            submit(n % 2 == 0 ? one : two, "job-" + n, CELLS, "\"us-east\"", "");
        }
        await().atMost(LONG)
                .until(() -> one.metric("beacon_executions_in_flight") > 0
                        && two.metric("beacon_executions_in_flight") > 0
                        && provider.calls().size() > 100);
        try (Console console = new Console()) {
            Instant paused = pause(one, "US");
            noCallBegins("us-east", paused, Duration.ofSeconds(2));
            assertThat(console.lines("The region is paused since"))
                    .as("each replica says so once")
                    .hasSize(2)
                    .allMatch(line -> line.startsWith("INFO ") && line.endsWith("region=us-east"));

            await().atMost(LONG).until(() -> two.metric("beacon_jobs_by_status", "status=\"running\"") == 0);
            assertThat(two.metric("beacon_region_paused", "region=\"us-east\"")).isEqualTo(1);
            assertThat(two.metric("beacon_region_paused", "region=\"eu-west\"")).isZero();
            submit(two, "other", 3, "\"eu-west\"", "");
            assertThat(one.ended("other").path("status").asString()).isEqualTo("completed");
            RunnerApp late = start(few);
            submit(late, "later", 5, "\"us-east\"", "");
            awaitParked(late, "later");
            noCallBegins("us-east", paused, Duration.ofSeconds(1));
            assertThat(provider.callsTo("us-east").size())
                    .as("there is work left")
                    .isLessThan(JOBS * CELLS);
        }

        resume(two, "us-east");
        Instant resumed = Instant.now();
        for (int n = 0; n < JOBS; n++) {
            assertThat(one.ended("job-" + n).path("status").asString()).isEqualTo("completed");
        }
        assertThat(one.ended("later").path("status").asString()).isEqualTo("completed");
        assertThat(begunAfter("us-east", resumed.minusSeconds(1)).getFirst().start())
                .as("all go on at once")
                .isBefore(resumed.plusSeconds(2));
        assertThat(provider.callsTo("us-east")).hasSize(JOBS * CELLS + 5).allMatch(Call::success);
        assertThat(provider.callsTo("us-east").stream()
                        .map(Call::idempotencyKey)
                        .distinct())
                .hasSize(JOBS * CELLS + 5);
    }

    @Test
    void no_attempt_follows_and_no_further_question_is_asked() {
        provider.failWith("us-east", 503);
        provider.hold("eu-west");
        RunnerApp one = start(
                "--beacon.inference.max-attempts=100000",
                "--beacon.inference.backoff.max=40ms",
                "--beacon.inference.breaker.window=100000");
        RunnerApp two = start("--beacon.worker.enabled=false");
        submit(one, "failing", 20, "\"us-east\"", "");
        submit(one, "asking", 2, "\"eu-west\"", ",\"questions\":[\"a\",\"b\",\"c\"]");
        await().atMost(LONG).until(() -> provider.callsTo("us-east").size() > 100);
        await().atMost(LONG).until(() -> provider.callsTo("eu-west").size() == 2);

        Instant noAttempts = pause(two, "us-east");
        Instant noQuestions = pause(two, "eu-west");
        provider.release("eu-west");
        provider.recover("us-east");
        noCallBegins("us-east", noAttempts, Duration.ofSeconds(2));
        noCallBegins("eu-west", noQuestions, Duration.ofSeconds(1));
        awaitParked(one, "failing");
        awaitParked(one, "asking");
        assertThat(one.cells("asking").get("eu-west/m0").path("answers"))
                .as("the call that was under way is stored")
                .hasSize(1);

        resume(one, "us-east");
        resume(one, "eu-west");
        assertThat(one.ended("failing").path("status").asString()).isEqualTo("completed");
        assertThat(one.ended("asking").path("status").asString()).isEqualTo("completed");
        assertThat(provider.callsTo("eu-west"))
                .as("each question of each cell once")
                .hasSize(6);
        assertThat(provider.callsTo("us-east").stream().filter(Call::success)).hasSize(20);
    }

    @Test
    void a_replica_that_cannot_see_what_is_paused_begins_no_call() throws Exception {
        provider.latency("us-east", Duration.ofMillis(20));
        RunnerApp app = start("--beacon.regions.us-east.max-in-flight=4");
        submit(app, "j", 500, "\"us-east\"", "");
        await().atMost(LONG).until(() -> provider.calls().size() > 50);
        try (Database own = Database.at(database);
                Connection connection = own.pool(1).getConnection();
                Statement session = connection.createStatement()) {
            connection.setAutoCommit(false);
            session.execute("LOCK TABLE paused_regions IN ACCESS EXCLUSIVE MODE");
            Instant locked = Instant.now();
            await().atMost(LONG).until(() -> locked.plusMillis(2200).isBefore(Instant.now()));
            Instant blind = Instant.now();
            noCallBegins("us-east", blind, Duration.ofSeconds(1));
            assertThat(provider.calls()).hasSizeLessThan(500);
            connection.rollback();
        }
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        assertThat(provider.calls()).hasSize(500);
    }

    @Test
    void a_replica_that_is_cut_off_from_the_database_begins_no_call_either_and_answers_503() throws Exception {
        // So long that cells are left however late the 503 comes.
        provider.latency("us-east", Duration.ofMillis(200));
        String few = "--beacon.regions.us-east.max-in-flight=10";
        RunnerApp one = start(few);
        try (Link link = Link.to(Link.portOf(database))) {
            List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
            properties.addAll(List.of(few, "--spring.datasource.hikari.connection-timeout=500"));
            try (RunnerApp cutOff = RunnerApp.start(link.over(database), redis, properties)) {
                for (int n = 0; n < 30; n++) {
                    submit(n % 2 == 0 ? one : cutOff, "job-" + n, 40, "\"us-east\"", "");
                }
                await().atMost(LONG)
                        .until(() -> cutOff.metric("beacon_executions_in_flight") > 0
                                && provider.calls().size() > 100);
                link.freeze();
                Reply away = cutOff.post("/api/v1/regions/us-east/pause", "");
                assertThat(away.status()).isEqualTo(503);
                assertThat(away.header("Retry-After")).isNotEmpty();
                Instant paused = pause(one, "us-east");
                noCallBegins("us-east", paused, Duration.ofSeconds(2));
                assertThat(provider.calls()).hasSizeLessThan(1200);

                link.mend();
                noCallBegins("us-east", paused, Duration.ofSeconds(2));
                resume(one, "us-east");
                for (int n = 0; n < 30; n++) {
                    assertThat(one.ended("job-" + n).path("status").asString()).isEqualTo("completed");
                }
                assertThat(provider.calls()).hasSize(1200).allMatch(Call::success);
            }
        }
    }

    @Test
    void a_cell_that_waits_beside_others_under_way_goes_on_when_its_region_is_resumed() {
        provider.hold("eu-west");
        RunnerApp app = start();
        pause(app, "us-east");
        submit(app, "both", 3, "\"us-east\",\"eu-west\"", "");
        await().atMost(LONG).until(() -> provider.callsTo("eu-west").size() == 3);
        await().during(Duration.ofSeconds(1))
                .until(() -> provider.callsTo("us-east").isEmpty());
        assertThat(job(app, "both").path("status").asString()).isEqualTo("running");
        resume(app, "us-east");
        await().atMost(Duration.ofSeconds(2))
                .until(() -> provider.callsTo("us-east").size() == 3);

        pause(app, "us-east");
        provider.release("eu-west");
        assertThat(app.ended("both").path("status").asString()).isEqualTo("completed");
        assertThat(provider.calls()).hasSize(6);
    }

    @Test
    void jobs_of_a_paused_region_can_be_cancelled_and_end_at_their_deadlines_without_a_call() {
        RunnerApp app = start();
        pause(app, "us-east");
        submit(app, "late", 2, "\"us-east\"", ",\"constraints\":{\"timeout\":\"4s\"}");
        submit(app, "cancelled", 2, "\"us-east\"", "");
        awaitParked(app, "late");
        awaitParked(app, "cancelled");
        assertThat(job(app, "late").path("parked_regions").valueStream().map(JsonNode::asString))
                .containsExactly("us-east");
        assertThat(Instant.parse(job(app, "late").path("parked_until").asString()))
                .as("a pause has no end, but a job's time has")
                .isBefore(Instant.now().plusSeconds(5));
        assertThat(app.post("/api/v1/jobs/cancelled/cancel", "").status()).isEqualTo(202);
        assertThat(app.ended("cancelled").path("status").asString()).isEqualTo("cancelled");
        assertThat(app.ended("late").path("status").asString()).isEqualTo("failed");
        assertThat(provider.calls()).isEmpty();
    }

    @Test
    void a_pause_outlives_the_runners() {
        RunnerApp first = start();
        Instant paused = pause(first, "us-east");
        submit(first, "j", 3, "\"us-east\"", "");
        awaitParked(first, "j");
        apps.remove(first);
        first.close();

        RunnerApp next = start();
        noCallBegins("us-east", paused, Duration.ofSeconds(2));
        JsonNode region = next.get("/api/v1/regions/us-east").json();
        assertThat(region.path("paused").asBoolean()).isTrue();
        assertThat(Instant.parse(region.path("paused_at").asString())).isBefore(paused);
        resume(next, "us-east");
        assertThat(next.ended("j").path("status").asString()).isEqualTo("completed");
        assertThat(provider.calls()).hasSize(3);
    }

    @Test
    void a_trial_of_a_closed_region_is_not_made_while_it_is_paused() {
        provider.failWith("us-east", 429, "4");
        RunnerApp app = start();
        submit(app, "refused", 1, "\"us-east\"", "");
        awaitParked(app, "refused");
        Instant paused = pause(app, "us-east");
        provider.recover("us-east");
        noCallBegins("us-east", paused, Duration.ofSeconds(6));
        resume(app, "us-east");
        assertThat(app.ended("refused").path("status").asString()).isEqualTo("completed");
    }

    @Test
    void a_second_pause_changes_nothing_and_everything_that_shows_regions_shows_it() {
        RunnerApp app = start();
        JsonNode before = app.get("/api/v1/regions").json();
        assertThat(before.path("regions").valueStream())
                .hasSize(2)
                .noneMatch(region -> region.path("paused").asBoolean());
        JsonNode first = app.post("/api/v1/regions/us-east/pause", "").json();
        JsonNode second = app.post("/api/v1/regions/us/pause", "").json();
        assertThat(first.path("paused_by").asString()).isEqualTo("default");
        assertThat(second).isEqualTo(first);
        assertThat(app.get("/actuator/health")
                        .json()
                        .at("/components/regions/details/us-east")
                        .asString())
                .startsWith("paused since " + first.path("paused_at").asString().substring(0, 16))
                .endsWith(" by default");
        assertThat(app.get("/health").response().body()).contains("no call begins: paused since", "by default");
        assertThat(app.post("/api/v1/regions/mars/pause", "").status()).isEqualTo(404);
        assertThat(app.get("/api/v1/regions/mars").json().path("detail").asString())
                .contains("There is no region", "eu-west, us-east");

        resume(app, "us-east");
        resume(app, "us-east");
        assertThat(app.get("/api/v1/regions/us-east").json().path("paused_at").isNull())
                .isTrue();
    }
}
