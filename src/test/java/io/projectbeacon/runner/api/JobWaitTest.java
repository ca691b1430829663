package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.arrival.MemoryShare;
import io.projectbeacon.runner.job.JobRoom;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code ?wait=}: one replica serves the API only, and another runs the jobs, so that no end is met in this one's memory. */
class JobWaitTest {

    private static final String SPEC = "{\"id\": \"j\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}";
    private static final String JOB = "/api/v1/jobs/j";
    private static final String HELD_JOB = JOB + "?wait=60s";
    private static final Map<String, Integer> TIMES =
            Map.of("30s", 30_000, "500ms", 500, "1m", 60_000, "0s", 0, "61s", 60_000, "999999999m", 60_000);
    private static final List<String> NO_TIMES =
            List.of("", "30", "s", "-1s", "1.5s", "1h", "PT30S", "30%20s", "30S", "1m30s", "9999999999s", "%D9%A3s");
    private static final int WAITERS = 20;
    private static final Duration LONG = Duration.ofSeconds(40);

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final String database = TestServers.newDatabase();
    private final String redis = TestServers.newRedisUrl();
    private FakeProvider provider;
    private RunnerApp api;

    @BeforeEach
    void start() throws Exception {
        provider = FakeProvider.start();
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.worker.enabled=false");
        properties.add("--spring.datasource.hikari.maximum-pool-size=4");
        api = RunnerApp.start(database, redis, properties);
        assertThat(api.submit(SPEC).status()).isEqualTo(202);
    }

    @AfterEach
    void stop() {
        api.close();
        provider.close();
        threads.close();
    }

    private Future<Reply> waiting() {
        return threads.submit(() -> api.get(HELD_JOB));
    }

    private static Reply answered(Future<Reply> waiter) {
        assertThat(waiter).succeedsWithin(LONG);
        return waiter.resultNow();
    }

    private static String status(Reply reply) {
        assertThat(reply.status()).isEqualTo(200);
        return reply.json().path("status").asString();
    }

    @Test
    void a_job_that_ends_on_another_replica_is_answered_when_it_has_ended_to_all_who_wait() throws Exception {
        provider.hold("us-east");
        List<Future<Reply>> waiters = new ArrayList<>();
        for (int waiter = 0; waiter < WAITERS; waiter++) {
            waiters.add(waiting());
        }
        try (RunnerApp worker = RunnerApp.start(database, redis, RunnerApp.calling(provider, "us-east"))) {
            await().until(() ->
                    JobRoom.waiting(api) == WAITERS && provider.calls().size() == 1);
            assertThat(waiters).noneMatch(Future::isDone);
            assertNothingIsHeld();
            assertThat(status(api.get(JOB))).isEqualTo("running");

            provider.release("us-east");
            for (Future<Reply> waiter : waiters) {
                Reply reply = answered(waiter);
                assertThat(status(reply)).isEqualTo("completed");
                assertThat(reply.json()).isEqualTo(worker.get(JOB).json());
            }
        }
        assertThat(JobRoom.waiting(api)).isZero();
    }

    /** Neither a connection to the database, of which there are fewer than requests, nor memory that other requests need. */
    private void assertNothingIsHeld() {
        await().until(() -> api.metric("hikaricp_connections_active") == 0);
        for (MemoryShare share : List.of(
                api.bean(MemoryBudget.class).arriving(),
                api.bean(MemoryBudget.class).reading())) {
            MemoryShare.Reservation all = share.open();
            all.grow(1L << 40, true, Duration.ofSeconds(10));
            all.close();
        }
    }

    @Test
    void a_job_that_has_not_ended_is_answered_as_it_is_when_the_time_is_up() {
        long begun = System.nanoTime();
        assertThat(status(api.get(JOB + "?wait=1s"))).isEqualTo("queued");
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isBetween(Duration.ofSeconds(1), LONG);
        assertThat(status(api.get(JOB + "?wait=0ms"))).isEqualTo("queued");
    }

    @Test
    void a_job_that_has_ended_is_answered_at_once_and_so_is_one_that_there_is_not() {
        api.post(JOB + "/cancel", "");
        long begun = System.nanoTime();
        assertThat(status(api.get(HELD_JOB))).isEqualTo("cancelled");
        assertThat(api.get("/api/v1/jobs/none?wait=60s").status()).isEqualTo(404);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(LONG);
    }

    @Test
    void a_service_that_stops_answers_what_is_there() {
        Future<Reply> waiter = waiting();
        await().until(() -> JobRoom.waiting(api) == 1);
        Future<?> stopped = threads.submit(api::close);
        assertThat(status(answered(waiter))).isEqualTo("queued");
        assertThat(stopped).succeedsWithin(LONG);
    }

    @Test
    void a_time_is_read_and_is_a_minute_at_most_and_another_spelling_is_refused() {
        TIMES.forEach((wait, time) -> assertThat(JobWaits.duration(wait)).hasMillis(time));
        for (String wait : NO_TIMES) {
            Reply reply = api.get(JOB + "?wait=" + wait);
            assertThat(reply.status()).as(wait).isEqualTo(400);
            assertThat(reply.json().at("/errors/0/parameter").asString()).isEqualTo("wait");
        }
    }

    @Test
    void a_request_whose_body_holds_memory_does_not_wait() throws IOException {
        try (Socket socket = new Socket("localhost", URI.create(api.base()).getPort())) {
            String head = "GET " + HELD_JOB + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
            socket.getOutputStream().write((head + "Content-Length: 2\r\n\r\n{}").getBytes(StandardCharsets.US_ASCII));
            socket.setSoTimeout((int) LONG.toMillis());
            assertThat(textOf(socket))
                    .startsWith("HTTP/1.1 400 ")
                    .contains("a request with a body does not wait");
        }
    }

    private static String textOf(Socket socket) throws IOException {
        try {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketTimeoutException silent) {
            return "nothing within " + LONG;
        }
    }
}
