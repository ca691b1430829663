package io.projectbeacon.runner.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.RunnerProcess;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a client does at will writes no line for each request, so that it can fill no disk and hide no other line. */
class QuietLogTest {

    private static final int TIMES = 10;
    private static final int HALF_BODIES = 120;
    private static final String JOB = "{\"models\":[\"a\"],\"regions\":[\"us-east\"]}";

    private static RunnerProcess runner;

    @BeforeAll
    static void start() throws IOException {
        runner = RunnerProcess.start(List.of(
                "--spring.datasource.url=" + TestServers.newDatabase(),
                "--spring.data.redis.url=" + TestServers.newRedisUrl(),
                "--beacon.limits.memory=8MB",
                "--beacon.worker.enabled=false"));
    }

    @AfterAll
    static void stop() throws Exception {
        runner.close();
    }

    private static Arguments whole(String line, String rest) {
        return Arguments.of(line, line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + rest, true);
    }

    private static Arguments aborted(String what, String line, String rest) {
        return Arguments.of(what, line + " HTTP/1.1\r\nHost: localhost\r\n" + rest, false);
    }

    static Stream<Arguments> requests() {
        String json = "Content-Type: application/json\r\n";
        String lines = "Content-Type: application/x-ndjson\r\n";
        String chunked = "Transfer-Encoding: chunked\r\n\r\n";
        String batch = "[" + (JOB + ",").repeat(300) + JOB + "]";
        String length = "Content-Length: " + batch.length() + "\r\n\r\n";
        return Stream.of(
                whole("GET /../etc/passwd", "\r\n"),
                whole("GET /static/../../etc/passwd", "\r\n"),
                whole("GET /api/v1/../../../etc/passwd", "\r\n"),
                whole("GET /%2e%2e/etc/passwd", "\r\n"),
                whole("GET /..%2fetc/passwd", "\r\n"),
                whole("GET /..;/etc/passwd", "\r\n"),
                whole("GET /a/..;x=y/../b", "\r\n"),
                whole("GET /WEB-INF/web.xml", "\r\n"),
                whole("GET /META-INF/MANIFEST.MF", "\r\n"),
                whole("GET /url:http://x/", "\r\n"),
                whole("GET /file:///etc/passwd", "\r\n"),
                whole("GET //etc/passwd", "\r\n"),
                whole("GET /a\\b", "\r\n"),
                whole("GET /a%5c..%5cb", "\r\n"),
                whole("GET /a%0ab", "\r\n"),
                whole("GET /a%e2%80%aeb", "\r\n"),
                whole("GET /api/v1/jobs/%e2%80%ae", "\r\n"),
                whole("GET /api/v1/jobs?limit=x&limit=y", "\r\n"),
                whole("GET /api/v1/jobs?limit=x", "\r\n"),
                whole("GET /api/v1/jobs", "Accept: garbage\r\n\r\n"),
                whole("GET /api/v1/jobs", "Accept: image/png\r\n\r\n"),
                whole("GET /", "Accept: garbage\r\n\r\n"),
                whole("GET /api/v1/jobs", "Range: bytes=9-1\r\n\r\n"),
                whole("GET /api/v1/jobs", "X: " + "x".repeat(20_000) + "\r\n\r\n"),
                whole("GET /api/v1/jobs", "X: x\r\n".repeat(200) + "\r\n"),
                whole("GET /api/v1/jobs", "Cookie: a=\u0001; $Version=\"x\r\n\r\n"),
                whole("GET /metrics", "Accept: application/openmetrics-text; version=x\r\n\r\n"),
                whole("GET /metrics?includedNames=%ff", "\r\n"),
                whole("GET /actuator/health/nothing/here", "\r\n"),
                whole("GET /actuator/env", "\r\n"),
                whole("FOO /api/v1/jobs", "\r\n"),
                whole("TRACE /api/v1/jobs", "\r\n"),
                whole("OPTIONS *", "\r\n"),
                whole("CONNECT localhost:80", "\r\n"),
                whole("POST /api/v1/jobs", "Expect: the-unexpected\r\nContent-Length: 2\r\n\r\n{}"),
                whole("POST /api/v1/jobs", "Content-Type: ;;\r\nContent-Length: 2\r\n\r\n{}"),
                whole("POST /api/v1/jobs", "Content-Type: multipart/form-data\r\nContent-Length: 2\r\n\r\n{}"),
                whole("POST /api/v1/jobs", "Content-Encoding: gzip\r\n" + json + "Content-Length: 2\r\n\r\n{}"),
                whole("POST /api/v1/jobs", json + chunked + "zz\r\n"),
                whole("POST /api/v1/jobs", json + chunked + "5;x=y\r\n"),
                whole("POST /api/v1/jobs", json + chunked + "2\r\n{}2\r\n"),
                whole("POST /api/v1/jobs:batch", json + chunked + "5\r\n[null\r\nzz\r\n"),
                whole("POST /api/v1/jobs:batch", lines + chunked + "5\r\nnull\n\r\nzz\r\n"),
                whole("POST /api/v1/jobs/none/retry", json + chunked + "zz\r\n"),
                aborted("a head that ends early", "GET /api/v1/jobs", "X: "),
                aborted("a body that ends early", "POST /api/v1/jobs", json + "Content-Length: 50\r\n\r\n{"),
                aborted("a body that does not begin", "POST /api/v1/jobs", json + "Content-Length: 50\r\n\r\n"),
                aborted("a chunk that ends early", "POST /api/v1/jobs", json + chunked + "50\r\n{"),
                aborted("a retry that ends early", "POST /api/v1/jobs/x/retry", json + "Content-Length: 9\r\n\r\n{"),
                aborted("an array that ends early", "POST /api/v1/jobs:batch", json + chunked + "50\r\n[" + JOB + ","),
                aborted("lines that end early", "POST /api/v1/jobs:batch", lines + chunked + "50\r\n" + JOB + "\n{"),
                aborted("an array without its results read", "POST /api/v1/jobs:batch", json + length + batch),
                aborted(
                        "lines without their results read",
                        "POST /api/v1/jobs:batch",
                        lines
                                + length
                                + batch.replace(",{", "\n{").replace('[', ' ').replace(']', ' ')),
                aborted("a list that is not read", "GET /api/v1/jobs?limit=1000", "\r\n"),
                aborted("a scrape that is not read", "GET /metrics", "\r\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("requests")
    void a_request_writes_no_warning_whatever_it_is(String what, String bytes, boolean waits) throws IOException {
        int before = runner.lines().size();
        for (int n = 0; n < TIMES; n++) {
            send(bytes, waits);
        }
        assertThat(linesSince(before)).isEmpty();
    }

    /** Most are refused before they are read, the others when they do not come on; some are cut off after their answers. */
    @Test
    void bodies_that_do_not_come_on_and_for_which_there_is_no_room_write_no_line() throws IOException {
        int before = runner.lines().size();
        String half = "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 900000\r\n\r\n" + "x".repeat(60_000);
        List<Socket> sockets = new ArrayList<>();
        for (int n = 0; n < HALF_BODIES; n++) {
            Socket socket = new Socket("localhost", URI.create(runner.base()).getPort());
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(half.getBytes(ISO_8859_1));
            sockets.add(socket);
        }
        int refused = 0;
        for (Socket socket : sockets) {
            try (socket) {
                String line = new String(socket.getInputStream().readNBytes(12), ISO_8859_1);
                refused += line.endsWith("503") ? 1 : 0;
            } catch (java.net.SocketException reset) {
                assertThat(reset).hasMessageMatching("(?i).*(reset|pipe|abort).*");
            }
        }
        assertThat(refused).isGreaterThan(HALF_BODIES / 2);
        assertThat(linesSince(before)).isEmpty();
    }

    @Test
    void a_model_that_is_named_a_thousand_times_writes_eleven_lines() {
        int before = runner.lines().size();
        String spec = "{\"id\":\"many\",\"models\":[" + "\"a\",".repeat(1000) + "\"a\"],\"regions\":[\"us-east\"]}";
        assertThat(runner.submit(spec).status()).isEqualTo(202);
        await().until(() -> runner.lines().stream().anyMatch(line -> line.contains("job_id=many further=")));
        assertThat(linesSince(before))
                .hasSize(11)
                .last()
                .asString()
                .contains("🛑 DEDUP: Skipping duplicate model ID, further ones", "job_id=many", "further=990");
    }

    private static void send(String bytes, boolean waits) throws IOException {
        try (Socket socket = new Socket("localhost", URI.create(runner.base()).getPort())) {
            socket.setSoTimeout(10_000);
            // Closing the socket resets the connection then.
            socket.setSoLinger(!waits, 0);
            try {
                socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
                if (waits) {
                    socket.getInputStream().readAllBytes();
                }
            } catch (java.net.SocketException reset) {
                assertThat(reset).hasMessageMatching("(?i).*(reset|pipe|abort).*");
            }
        }
    }

    /** The warnings, errors and lines of stack traces, once the runner has shown that it is done with what came before. */
    private static List<String> linesSince(int before) {
        String last = "last-" + System.nanoTime();
        assertThat(runner.submit("{\"id\":\"" + last + "\",\"models\":[\"a\"],\"regions\":[\"us-east\"]}")
                        .status())
                .isEqualTo(202);
        await().until(() -> runner.lines().stream().anyMatch(line -> line.contains(last)));
        List<String> lines = new ArrayList<>(runner.lines());
        return lines.subList(before, lines.size()).stream()
                .filter(line -> line.contains(" WARN ") || line.contains(" ERROR ") || line.startsWith("\tat "))
                .toList();
    }
}
