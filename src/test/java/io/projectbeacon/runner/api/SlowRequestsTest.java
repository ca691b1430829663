package io.projectbeacon.runner.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.RunnerApp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A request has a time to come in, byte by byte as it may; those that do come are answered meanwhile. */
class SlowRequestsTest {

    private static final String SPEC = "{\"models\":[\"a\"],\"regions\":[\"us-east\"],\"prompt\":\"Who?\"}";
    private static final String POST = "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n";
    private static final int CONNECTIONS = 64;

    private static RunnerApp app;

    @BeforeAll
    static void start() {
        app = RunnerApp.fresh(
                "--beacon.inference.simulated.latency=0ms",
                "--beacon.limits.arrival-time=1s",
                "--beacon.limits.arrival-rate=1KB",
                "--beacon.limits.batch-idle=3s",
                "--server.tomcat.max-connections=" + CONNECTIONS);
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static Socket open(String begin) throws IOException {
        Socket socket = new Socket(
                InetAddress.getLoopbackAddress(), URI.create(app.base()).getPort());
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write(begin.getBytes(UTF_8));
        return socket;
    }

    private static String answer(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/jobs, application/json",
        "/api/v1/jobs:batch, application/json",
        "/api/v1/jobs/none/retry, application/json",
        "/api/v1/jobs, text/plain",
        "/api/v1/nothing, application/json",
        "/api/v1/jobs:batch, application/x-ndjson",
    })
    void a_body_of_which_half_comes_is_given_up(String path, String type) throws IOException {
        long begun = System.nanoTime();
        try (Socket socket = open(POST.formatted(path, type) + "Content-Length: 1000\r\n\r\n[{\"models\"")) {
            String answer = answer(socket);
            assertThat(answer).doesNotContain("HTTP/1.1 2");
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(6));
    }

    @Test
    void its_sender_is_told_why() throws IOException {
        try (Socket socket =
                open(POST.formatted("/api/v1/jobs", "application/json") + "Content-Length: 1000\r\n\r\n[")) {
            assertThat(answer(socket)).startsWith("HTTP/1.1 408 ").contains("beacon.limits.arrival-time");
        }
    }

    /** Each byte comes in time, and all of them would take an hour. */
    @ParameterizedTest
    @CsvSource({
        "'POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nX: ', x",
        "'', GET",
        "'POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n', ' '",
        "'POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n', ' '"
    })
    void one_that_drips_is_given_up(String begin, String drop) throws IOException {
        long begun = System.nanoTime();
        try (Socket socket = open(begin)) {
            AtomicBoolean closed = new AtomicBoolean();
            Thread.ofVirtual().start(() -> {
                try {
                    answer(socket);
                } catch (IOException reset) {
                    // As good as an end.
                }
                closed.set(true);
            });
            await().atMost(Duration.ofSeconds(15))
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> {
                        try {
                            socket.getOutputStream().write(drop.getBytes(UTF_8));
                        } catch (IOException gone) {
                            return true;
                        }
                        return closed.get();
                    });
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(6));
    }

    @Test
    void a_batch_may_come_for_as_long_as_it_does_come() throws IOException {
        try (Socket socket = open(POST.formatted("/api/v1/jobs:batch", "application/x-ndjson")
                + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n")) {
            List<Integer> sent = new ArrayList<>();
            await().pollInterval(Duration.ofMillis(500))
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> {
                        String line = SPEC + "\n";
                        socket.getOutputStream()
                                .write((Integer.toHexString(line.length()) + "\r\n" + line + "\r\n").getBytes(UTF_8));
                        sent.add(1);
                        return sent.size() == 10;
                    });
            socket.getOutputStream().write("0\r\n\r\n".getBytes(UTF_8));
            assertThat(answer(socket).lines().filter(line -> line.contains("\"status\":202")))
                    .hasSize(10);
        }
    }

    @Test
    void connections_that_send_nothing_make_room_for_those_that_do() throws IOException {
        List<Socket> held = new ArrayList<>();
        try {
            for (int n = 0; n < 3 * CONNECTIONS; n++) {
                String begin = switch (n % 3) {
                    case 0 -> "";
                    case 1 -> "GET /api/v1/jobs HTTP/1.1\r\nX: ";
                    default ->
                        POST.formatted("/api/v1/jobs:batch", "application/x-ndjson")
                                + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n";
                };
                held.add(open(begin));
            }
            long begun = System.nanoTime();
            assertThat(app.submit(SPEC).status()).isEqualTo(202);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
        } finally {
            for (Socket socket : held) {
                socket.close();
            }
        }
    }
}
