package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.JobEvents;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Clients listen to a job at one replica while the other one runs it. */
class EventsTest {

    private static final String REGION = "us-east";

    private static FakeProvider provider;
    private static RunnerApp worker;
    private static RunnerApp other;

    @BeforeAll
    static void aWorkerAndAnotherReplica() throws IOException {
        provider = FakeProvider.start();
        String database = TestServers.newDatabase();
        String redis = TestServers.newRedisUrl();
        List<String> properties = RunnerApp.calling(provider, REGION);
        properties.add("--beacon.regions.us-east.max-in-flight=8");
        worker = RunnerApp.withCallers(database, redis, properties);
        properties.add("--beacon.worker.enabled=false");
        other = RunnerApp.withCallers(database, redis, properties);
    }

    @AfterAll
    static void stop() {
        provider.close();
        other.close();
        worker.close();
    }

    @BeforeEach
    void callsWait() {
        provider.hold(REGION);
    }

    @AfterEach
    void callsGoOn() {
        provider.release(REGION);
    }

    private static void submit(String id, int cells) {
        assertThat(worker.submit(spec(id, cells)).status()).isEqualTo(202);
    }

    private static String spec(String id, int cells) {
        String models =
                IntStream.range(0, cells).mapToObj(n -> "\"m" + n + "\"").collect(Collectors.joining(","));
        return "{\"id\":\"%s\",\"models\":[%s],\"regions\":[\"us-east\"],\"metadata\":{\"note\":\"two\\nlines\"}}"
                .formatted(id, models);
    }

    private static Map<String, String> statuses(String id) {
        return worker.cells(id).entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        cell -> cell.getValue().path("status").asString()));
    }

    @Test
    void a_listener_at_another_replica_is_told_of_the_job_its_cells_and_its_end() {
        submit("told", 3);
        try (JobEvents events = JobEvents.of(other, "told")) {
            assertThat(events.response().headers().firstValue("Content-Type"))
                    .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
            events.awaitEvents(1);
            await().until(() ->
                    provider.calls().stream().filter(call -> call.end() == null).count() == 3);
            provider.release(REGION);
            events.awaitEnd();
            assertThat(events.isWhole()).isTrue();
            assertThat(events.names()).startsWith("snapshot", "cell").endsWith("cell", "done");
            assertThat(events.statuses()).isEqualTo(statuses("told")).hasSize(3);
            JsonNode job = other.get("/api/v1/jobs/told").json();
            assertThat(events.named("done")).containsExactly(job);
            assertThat(events.named("snapshot").getFirst().propertyNames())
                    .containsExactlyElementsOf(job.propertyNames());
            JsonNode cell = events.named("cell").getLast();
            assertThat(cell.propertyNames())
                    .containsExactly(
                            "region",
                            "model_id",
                            "status",
                            "attempt",
                            "outcome",
                            "started_at",
                            "attempt_ended_at",
                            "completed_at");
            assertThat(cell.path("attempt").asInt()).isEqualTo(1);
            assertThat(cell.path("outcome").asString()).isEqualTo("completed");
            assertThat(events.events())
                    .allSatisfy(event -> assertThat(event.id()).isNotBlank());
        }
    }

    @Test
    void of_a_job_that_has_ended_a_listener_is_told_so() {
        provider.release(REGION);
        submit("ended", 2);
        worker.ended("ended");
        try (JobEvents events = JobEvents.of(other, "ended").awaitEnd()) {
            assertThat(events.names()).containsExactly("snapshot", "done");
            assertThat(events.named("done"))
                    .containsExactly(other.get("/api/v1/jobs/ended").json());
        }
    }

    /** The client loses its connection again and again while the calls end. */
    @Test
    void a_client_that_comes_again_at_any_replica_misses_nothing_and_ends_with_no_stale_status() {
        provider.release(REGION);
        provider.latency(REGION, Duration.ofMillis(500));
        submit("again", 60);
        Map<String, String> known = new HashMap<>();
        String id = "";
        String last = "";
        for (int connection = 0; !last.equals("done"); connection++) {
            RunnerApp replica = connection % 2 == 0 ? other : worker;
            String[] lastId = id.isEmpty() ? new String[0] : new String[] {"Last-Event-ID", id};
            try (JobEvents events = JobEvents.of(replica, "again", lastId)) {
                // Of two connections out of three, the client has seen but the begin of what it was told.
                List<JobEvents.Event> seen = events.awaitEvents(3).events().stream()
                        .limit(connection % 3 == 2 ? 1000 : 3)
                        .toList();
                seen.stream()
                        .filter(event -> event.name().equals("cell"))
                        .map(JobEvents.Event::data)
                        .forEach(cell -> known.put(
                                REGION + "/" + cell.path("model_id").asString(),
                                cell.path("status").asString()));
                id = seen.getLast().id();
                last = seen.getLast().name();
            }
        }
        provider.recover(REGION);
        assertThat(known).isEqualTo(statuses("again")).hasSize(60);
        assertThat(known.values()).containsOnly("completed");
    }

    @Test
    void what_has_changed_while_nobody_listened_comes_with_the_next_connection() {
        submit("away", 5);
        String last;
        try (JobEvents events = JobEvents.of(other, "away").awaitEvents(1)) {
            last = events.lastId();
        }
        provider.release(REGION);
        worker.ended("away");
        try (JobEvents events =
                JobEvents.of(worker, "away", "Last-Event-ID", last).awaitEnd()) {
            assertThat(events.names()).startsWith("snapshot", "cell").endsWith("cell", "done");
            assertThat(events.statuses()).isEqualTo(statuses("away")).hasSize(5);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "0-1", "eleven!", "zzzzzzzzzzzzz", "1,2", "A"})
    void an_id_that_is_none_is_passed_over(String id) {
        provider.release(REGION);
        String job = "unread" + Integer.toHexString(id.hashCode());
        submit(job, 2);
        worker.ended(job);
        try (JobEvents events = JobEvents.of(other, job, "Last-Event-ID", id).awaitEnd()) {
            assertThat(events.names()).containsExactly("snapshot", "done");
        }
    }

    /** As after a restore into another server, whose transactions are counted anew. */
    @ParameterizedTest
    @ValueSource(strings = {"0", "zzzzzzzzzzzz"})
    void an_id_of_another_database_has_all_cells_told(String id) {
        provider.release(REGION);
        String job = "restored-" + id;
        submit(job, 2);
        worker.ended(job);
        try (JobEvents events = JobEvents.of(other, job, "Last-Event-ID", id).awaitEnd()) {
            assertThat(events.names()).containsExactly("snapshot", "cell", "cell", "done");
        }
    }

    @Test
    void a_cancel_is_the_end_and_is_told_of_each_cell() {
        submit("stopped", 12);
        // Those that are running before the listener comes are in its snapshot, and have no event of their own.
        await().until(() -> statuses("stopped").size() == 8);
        try (JobEvents events = JobEvents.of(other, "stopped").awaitEvents(1)) {
            worker.post("/api/v1/jobs/stopped/cancel", "");
            events.awaitEnd();
            assertThat(events.named("done").getLast().path("status").asString()).isEqualTo("cancelled");
            assertThat(events.statuses()).isEqualTo(statuses("stopped")).hasSize(8);
            assertThat(events.statuses().values()).containsOnly("cancelled");
        }
    }

    @Test
    void another_caller_is_told_of_no_job_and_an_operator_of_each() {
        assertThat(worker.as("acme", Role.SUBMITTER).submit(spec("mine", 1)).status())
                .isEqualTo(202);
        RunnerClient zeta = other.as("zeta", Role.SUBMITTER);
        RunnerClient acme = other.as("acme", Role.VIEWER);
        RunnerClient operator = other.as("ops", Role.OPERATOR);
        try (JobEvents refused = JobEvents.of(zeta, "mine").awaitEnd();
                JobEvents named = JobEvents.of(acme, "mine").awaitEvents(1);
                JobEvents all = JobEvents.of(operator, "mine").awaitEvents(1)) {
            assertThat(refused.response().statusCode()).isEqualTo(404);
            assertThat(refused.events()).isEmpty();
            provider.release(REGION);
            assertThat(named.awaitEnd().names()).endsWith("done");
            assertThat(all.awaitEnd().named("done")).isEqualTo(named.named("done"));
        }
    }

    @Test
    void a_head_request_has_no_stream_and_who_takes_no_events_is_refused() throws Exception {
        submit("head", 1);
        assertThat(status("head", "HEAD", "*/*")).isEqualTo(200);
        assertThat(status("none", "HEAD", "*/*")).isEqualTo(404);
        assertThat(status("head", "GET", "application/json")).isEqualTo(406);
        await().atMost(Duration.ofSeconds(40))
                .until(() -> other.bean(EventStreams.class).listeners() == 0);
    }

    private static int status(String id, String method, String accepted) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        other.with(HttpRequest.newBuilder(URI.create(other.base() + "/api/v1/jobs/" + id + "/events")))
                                .method(method, BodyPublishers.noBody())
                                .header("Accept", accepted)
                                .build(),
                        BodyHandlers.discarding())
                .statusCode();
    }
}
