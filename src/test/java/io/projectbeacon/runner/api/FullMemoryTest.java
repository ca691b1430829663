package io.projectbeacon.runner.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.arrival.MemoryShare;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests take no more memory than they may, those of small bodies have a part of their own, and all of it comes back. */
class FullMemoryTest {

    private static final long MEBIBYTE = 1024 * 1024;
    private static final long MEMORY = 8 * MEBIBYTE;
    private static final long ARRIVING = MEMORY / 4;
    private static final long READING = MEMORY - ARRIVING;
    private static final Duration A_WHILE = Duration.ofSeconds(20);

    private static final String SMALL = "{\"models\":[\"a\"],\"regions\":[\"us-east\"],\"prompt\":\"Who?\"}";
    private static final String LARGE = SMALL.replace("Who?", "x".repeat(20_000));
    private static final String BATCH = "/api/v1/jobs:batch";

    private static RunnerApp app;
    private static MemoryBudget budget;

    @BeforeAll
    static void start() {
        app = RunnerApp.fresh(
                "--beacon.inference.simulated.latency=0ms",
                "--beacon.limits.memory=8MB",
                "--beacon.limits.arrival-time=5s");
        budget = app.bean(MemoryBudget.class);
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @AfterEach
    void allOfItHasComeBack() {
        take(budget.arriving(), ARRIVING).close();
        take(budget.reading(), READING).close();
    }

    private static MemoryShare.Reservation take(MemoryShare share, long bytes) {
        return take(share, bytes, true);
    }

    private static MemoryShare.Reservation take(MemoryShare share, long bytes, boolean small) {
        MemoryShare.Reservation taken = share.open();
        taken.grow(bytes, small, A_WHILE);
        return taken;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void past_the_bound_it_is_503_with_a_time_and_a_small_body_is_taken(boolean reading) {
        MemoryShare share = reading ? budget.reading() : budget.arriving();
        try (MemoryShare.Reservation others = take(share, (reading ? READING : ARRIVING) * 3 / 4 - 10_000, false)) {
            Reply refused = app.submit(LARGE);
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("Retry-After")).isEqualTo("2");
            assertThat(refused.json().path("detail").asString()).contains("beacon.limits.memory");
            assertThat(app.submit(SMALL).status()).isEqualTo(202);
            String part = reading ? "part=\"reading\"" : "part=\"arriving\"";
            assertThat(app.metric("beacon_request_memory_bytes", part))
                    .isGreaterThan(0.7 * app.metric("beacon_request_memory_limit_bytes", part));
        }
        assertThat(app.submit(LARGE).status()).isEqualTo(202);
    }

    @Test
    void an_answer_that_its_client_may_read_slowly_counts_too() {
        String large = app.submit(LARGE).json().path("id").asString();
        String small = app.submit(SMALL).json().path("id").asString();
        app.ended(large);
        try (MemoryShare.Reservation others = take(budget.reading(), READING * 3 / 4 - 20_000, false)) {
            for (String path : List.of("/api/v1/jobs/" + large, "/api/v1/jobs/" + large + "/executions")) {
                assertThat(app.get(path).status()).as(path).isEqualTo(503);
            }
            assertThat(app.get("/api/v1/jobs/" + small).status()).isEqualTo(200);
        }
        assertThat(app.get("/api/v1/jobs/" + large).status()).isEqualTo(200);
    }

    @Test
    void a_large_body_waits_a_moment_for_others_to_be_answered() throws InterruptedException {
        MemoryShare.Reservation others = take(budget.reading(), READING);
        Thread answering = Thread.startVirtualThread(
                () -> assertThat(app.submit(LARGE).status()).isEqualTo(202));
        assertThat(answering.join(Duration.ofMillis(300))).isFalse();
        others.close();
        answering.join();
    }

    @Test
    void an_item_of_a_batch_for_which_there_is_no_memory_says_so_and_stops_no_other() {
        List<Integer> statuses;
        try (MemoryShare.Reservation others = take(budget.reading(), READING * 3 / 4 - 50_000, false)) {
            statuses = statuses(app.post(BATCH, "[" + SMALL + "," + LARGE + "," + SMALL + "]"));
        }
        assertThat(statuses).containsExactly(202, 503, 202);
    }

    @Test
    void a_batch_of_any_length_takes_no_more_than_there_is() {
        String item = SMALL.replace("Who?", "x".repeat(200_000));
        assertThat(statuses(app.post(BATCH, "[" + (item + ",").repeat(99) + item + "]")))
                .hasSize(100)
                .containsOnly(202);
    }

    @Test
    void one_body_that_needs_more_than_there_is_is_read_all_the_same() {
        assertThat(app.submit(SMALL.replace("Who?", "x".repeat(1_000_000))).status())
                .isEqualTo(202);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[]", "{\"models\":[1,1,1]}", "\u00ff", ""})
    void what_is_refused_gives_it_back(String body) {
        assertThat(app.submit(body).status()).isBetween(400, 422);
        assertThat(app.submit(body + " ".repeat(100_000)).status()).isBetween(400, 422);
        assertThat(app.post(BATCH, body + "\n" + body + " ".repeat(100_000), "Content-Type", "application/x-ndjson")
                        .status())
                .isLessThan(500);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/v1/jobs", BATCH})
    void clients_that_leave_in_the_middle_give_it_back(String path) throws IOException {
        List<Socket> leaving = new ArrayList<>();
        for (int n = 0; n < 20; n++) {
            Socket socket = new Socket(
                    InetAddress.getLoopbackAddress(), URI.create(app.base()).getPort());
            socket.getOutputStream()
                    .write(("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                    + "Content-Length: 900000\r\n\r\n[" + SMALL + "," + "x".repeat(50_000))
                            .getBytes(UTF_8));
            leaving.add(socket);
        }
        for (Socket socket : leaving) {
            socket.close();
        }
        assertThat(app.submit(SMALL).status()).isEqualTo(202);
    }

    /** Half of a body each, more than there is memory for: those that are whole are taken meanwhile. */
    @Test
    void bodies_that_do_not_come_on_make_room_for_large_ones_that_do() throws IOException {
        List<Socket> held = new ArrayList<>();
        for (int n = 0; n < 60; n++) {
            Socket socket = new Socket(
                    InetAddress.getLoopbackAddress(), URI.create(app.base()).getPort());
            socket.getOutputStream()
                    .write(("POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                    + "Content-Length: 900000\r\n\r\n" + "x".repeat(60_000))
                            .getBytes(UTF_8));
            held.add(socket);
        }
        assertThat(app.submit(SMALL).status()).isEqualTo(202);
        assertThat(app.submit(LARGE).status()).isEqualTo(202);
        for (Socket socket : held) {
            socket.close();
        }
    }

    private static List<Integer> statuses(Reply batch) {
        return batch.json()
                .path("results")
                .valueStream()
                .map(result -> result.path("status").asInt())
                .toList();
    }
}
