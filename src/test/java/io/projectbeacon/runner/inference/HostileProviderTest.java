package io.projectbeacon.runner.inference;

import static io.projectbeacon.runner.inference.Fixtures.openAi;
import static io.projectbeacon.runner.inference.Fixtures.properties;
import static io.projectbeacon.runner.inference.Fixtures.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.Failure;
import io.projectbeacon.runner.region.Regions;
import io.projectbeacon.runner.region.RegionsProperties;
import io.projectbeacon.runner.support.ScriptedServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Providers that mean harm or are broken: each call has its outcome in bounded time and memory, and is sent once. */
class HostileProviderTest {

    private static final String REGION = "us-east";
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofSeconds(1);
    private static final long MIB = 1 << 20;

    private static final String ANSWER = "{\"choices\":[{\"message\":{\"content\":\"hello\"}}]}";
    private static final String OK = "HTTP/1.1 200 OK\r\n";
    private static final String CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n";

    private static String answer(String text) {
        String body = ANSWER.replace("hello", text);
        return OK + "Content-Length: " + body.length() + "\r\n\r\n" + body;
    }

    /** Bytes without end, after how they begin. */
    static Stream<Arguments> endless() {
        String chunk = "1000\r\n" + " ".repeat(4096) + "\r\n";
        return Stream.of(
                Arguments.of("a body", OK + "\r\n", " ", "unknown answer_too_large 200"),
                Arguments.of(
                        "a body of a length",
                        OK + "Content-Length: 99999999999\r\n\r\n",
                        " ",
                        "unknown answer_too_large 200"),
                Arguments.of("chunks", CHUNKED, chunk, "unknown answer_too_large 200"),
                Arguments.of("the size of a chunk", CHUNKED, "0", "unknown response_truncated 200"),
                Arguments.of("an extension of a chunk", CHUNKED + "5;a=", "x", "unknown response_truncated 200"),
                Arguments.of("trailers", CHUNKED + "0\r\n", "X-A: b\r\n", "unknown unreadable_answer 200"),
                Arguments.of("a refusal", "HTTP/1.1 400 No\r\n\r\n", " ", "final http_400 400"),
                Arguments.of("a failure", "HTTP/1.1 500 No\r\n\r\n", " ", "retryable http_500 500"),
                Arguments.of("a header", OK + "X-A: ", "a", "unknown protocol_error"),
                Arguments.of("headers", OK, "X-A: b\r\n", "unknown protocol_error"),
                Arguments.of("a status line", "HTTP/1.1 200 ", "a", "unknown protocol_error"),
                Arguments.of("rubbish", "", "\0", "unknown protocol_error"),
                Arguments.of("100s", "", "HTTP/1.1 100 Continue\r\n\r\n", "unknown protocol_error"),
                Arguments.of("102s", "", "HTTP/1.1 102 Processing\r\n\r\n", "unknown protocol_error"),
                Arguments.of("103s", "", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n", "unknown protocol_error"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("endless")
    void anAnswerWithoutEndIsReadUpToABound(String name, String begin, String unit, String outcome) throws Exception {
        AtomicLong written = new AtomicLong();
        byte[] block = unit.repeat(Math.max(1, 65_536 / unit.length())).getBytes(StandardCharsets.ISO_8859_1);
        ScriptedServer.Script script = (request, connection) -> {
            ScriptedServer.write(connection, begin);
            while (true) {
                ScriptedServer.write(connection, block);
                written.addAndGet(block.length);
            }
        };
        try (ScriptedServer server = new ScriptedServer(script)) {
            assertThat(outcome(server, LONG)).isEqualTo(outcome);
            assertThat(server.requests()).isEqualTo(1);
            // What was read, and what the buffers of two sockets hold.
            assertThat(written.get()).isLessThan(40 * MIB);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "the status line, '', 'HTTP/1.1 200 OKAYOKAYOKAYOKAYOKAYOKAYOKAYOKAYOKAYOKAYOKAYOKAYOKAYOKAY', unknown timeout",
        "headers, 'HTTP/1.1 200 OK\n', 'X-A: b\n', unknown timeout",
        "the body, 'HTTP/1.1 200 OK\n\n', ' ', unknown timeout 200",
        "the body of a refusal, 'HTTP/1.1 400 No\n\n', ' ', final http_400 400"
    })
    void anAnswerThatComesByteByByteEndsWithTheCallTimeout(String name, String begin, String unit, String outcome)
            throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        String bytes = unit.replace("\n", "\r\n");
        ScriptedServer.Script drip = (request, connection) -> {
            ScriptedServer.write(connection, begin.replace("\n", "\r\n"));
            for (int n = 0; !passed(over, 20); n++) {
                int at = n % bytes.length();
                ScriptedServer.write(connection, bytes.substring(at, at + 1));
            }
        };
        try (ScriptedServer server = new ScriptedServer(drip)) {
            long start = System.nanoTime();
            assertThat(outcome(server, SHORT)).isEqualTo(outcome);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(SHORT, SHORT.plusSeconds(4));
            assertThat(server.requests()).isEqualTo(1);
        } finally {
            over.countDown();
        }
    }

    /** Whole answers that break a rule of HTTP, each before the connection closes. */
    static Stream<Arguments> broken() {
        String two = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
        return Stream.of(
                Arguments.of(
                        "a protocol to switch to", "HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n", "protocol_error"),
                Arguments.of("HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "protocol_error"),
                Arguments.of("a frame of HTTP/2", "\0\0\0\4\0\0\0\0\0", "connection_closed"),
                Arguments.of("HTTP/0.9", ANSWER, "connection_closed"),
                Arguments.of("another version", "HTTP/3.0 200 OK\r\n\r\n" + ANSWER, "protocol_error"),
                Arguments.of("a status below 100", "HTTP/1.1 099 No\r\n\r\n", "protocol_error"),
                Arguments.of("an alert of TLS", "\25\3\3\0\2\2\50", "connection_closed"),
                Arguments.of("a length and chunks", two + "2d\r\n" + ANSWER + "\r\n0\r\n\r\n", "unreadable_answer 200"),
                Arguments.of("a length too small", OK + "Content-Length: 5\r\n\r\n" + ANSWER, "unreadable_answer 200"),
                Arguments.of(
                        "a length too large", OK + "Content-Length: 500\r\n\r\n" + ANSWER, "response_truncated 200"),
                Arguments.of(
                        "a length below zero", OK + "Content-Length: -5\r\n\r\n" + ANSWER, "response_truncated 200"),
                Arguments.of(
                        "a length in words", OK + "Content-Length: ten\r\n\r\n" + ANSWER, "response_truncated 200"),
                Arguments.of("a chunk below zero", CHUNKED + "-5\r\nhello\r\n0\r\n\r\n", "response_truncated 200"),
                Arguments.of("a chunk past counting", CHUNKED + "f".repeat(16) + "\r\nhello", "response_truncated 200"),
                Arguments.of(
                        "a length of nothing", "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello", "connection_reset"),
                Arguments.of("a NUL in a header", OK + "X-A: a\0b\r\n\r\n" + ANSWER, "protocol_error"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void anAnswerThatIsNotHttpIsUnknown(String name, String bytes, String code) throws Exception {
        try (ScriptedServer server = new ScriptedServer((request, connection) -> {
            ScriptedServer.write(connection, bytes);
            connection.close();
        })) {
            assertThat(outcome(server, LONG)).isEqualTo("unknown " + code);
            assertThat(server.requests()).isEqualTo(1);
        }
    }

    /** Documents that are costly to read, and the time and heap that a naive reader spends on them. */
    static Stream<Arguments> costly() throws IOException {
        String more = ANSWER.substring(0, ANSWER.length() - 1);
        String event = "data: {\"choices\":[{\"delta\":{\"content\":\"" + "x".repeat(40) + "\"}}]}\n\n";
        String end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
        return Stream.of(
                Arguments.of("a deep member", more + ",\"x\":" + nested("[", "]", 4_000_000) + "}", "hello"),
                Arguments.of("deep objects", more + ",\"x\":" + nested("{\"a\":", "}", 1_000_000) + "}", "hello"),
                Arguments.of("deep usage", more + ",\"usage\":" + nested("{\"a\":", "}", 100_000) + "}", "hello"),
                Arguments.of("deep content", ANSWER.replace("\"hello\"", nested("[", "]", 100_000)), ""),
                Arguments.of("only brackets", "[".repeat(8_000_000), "unknown unreadable_answer 200"),
                Arguments.of(
                        "a deep error",
                        "{\"error\":" + nested("[", "]", 100_000) + "}",
                        "retryable generation_failed 200"),
                Arguments.of("a deep event", "data: " + "[".repeat(8_000_000), "unknown unreadable_answer 200"),
                Arguments.of("many members", more + members(600_000) + "}", "hello"),
                Arguments.of("one member often", more + ",\"k\":1".repeat(1_000_000) + "}", "hello"),
                Arguments.of("many choices", more.replace("}}]", "}}" + ",1".repeat(2_000_000) + "]") + "}", "hello"),
                Arguments.of("many pieces", event.repeat(90_000) + end, "x".repeat(40 * 90_000)),
                Arguments.of("many lines", "\n".repeat(8_000_000) + ANSWER, "hello"),
                Arguments.of("many lines of an event", "data:\n".repeat(1_300_000), "unknown unreadable_answer 200"),
                Arguments.of(
                        "a long number",
                        more + ",\"x\":" + "9".repeat(8_000_000) + "}",
                        "unknown unreadable_answer 200"),
                Arguments.of(
                        "numbers past counting",
                        more + ",\"usage\":{\"prompt_tokens\":1e999999999,\"cost\":1e-999999999}}",
                        "hello"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("costly")
    void aDocumentThatIsCostlyToReadIsReadInBoundedTime(String name, String body, String expected) throws Exception {
        byte[] bytes = http("", body.getBytes(StandardCharsets.UTF_8));
        try (ScriptedServer server = new ScriptedServer((request, connection) -> {
            ScriptedServer.write(connection, bytes);
            connection.close();
        })) {
            long before = cpu();
            InferenceResult result = ask(server, LONG);
            assertThat(result instanceof Answer answer ? answer.response() : outcome(result))
                    .isEqualTo(expected);
            assertThat(Duration.ofNanos(cpu() - before)).isLessThan(Duration.ofSeconds(8));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "200, 1, unknown answer_too_large 200",
        "200, 3, unknown answer_too_large 200",
        "400, 2, final http_400 400"
    })
    void anAnswerThatUnpacksWithoutEndIsUnpackedUpToABound(int status, int times, String outcome) throws Exception {
        byte[] packed = gzip(new byte[1 << 16], 2048);
        for (int i = 1; i < times; i++) {
            packed = gzip(packed, 1);
        }
        byte[] reply = http("Content-Encoding: gzip" + ", gzip".repeat(times - 1) + "\r\n", packed);
        byte[] bytes = new String(reply, StandardCharsets.ISO_8859_1)
                .replaceFirst("200", String.valueOf(status))
                .getBytes(StandardCharsets.ISO_8859_1);
        try (ScriptedServer server = new ScriptedServer((request, connection) -> {
            ScriptedServer.write(connection, bytes);
            connection.close();
        })) {
            assertThat(bytes.length).isLessThan(2_000_000);
            assertThat(outcome(server, LONG)).isEqualTo(outcome);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {300, 301, 302, 303, 305, 307, 308})
    void aRedirectIsNotFollowedNeitherToItselfNorElsewhere(int status) throws Exception {
        for (String target : List.of("/v1/chat/completions", "http://127.0.0.2:1/", "file:///etc/passwd", "::")) {
            try (ScriptedServer server = new ScriptedServer((request, connection) -> ScriptedServer.write(
                    connection,
                    "HTTP/1.1 " + status + " There\r\nContent-Length: 0\r\nLocation: " + target + "\r\n\r\n"))) {
                assertThat(outcome(server, LONG)).isEqualTo("final redirect_refused " + status);
                assertThat(server.requests()).isEqualTo(1);
            }
        }
    }

    @Test
    void aCookieIsNotSentBack() throws Exception {
        List<String> cookies = new CopyOnWriteArrayList<>();
        String reply = answer("hello").replaceFirst("\r\n", "\r\nSet-Cookie: session=1; Path=/\r\n");
        try (ScriptedServer server = new ScriptedServer((request, connection) -> {
                    cookies.add(request.header("Cookie"));
                    ScriptedServer.write(connection, reply);
                });
                HttpInferenceClient client = openAi(REGION, server.baseUrl(), LONG)) {
            client.infer(request(REGION, "llama", "first"));
            client.infer(request(REGION, "llama", "second"));
            assertThat(cookies).containsExactly("", "");
        }
    }

    /** The server answers before it has read the request, which the client may still be writing. */
    @ParameterizedTest
    @CsvSource({"10, HTTP/1.1 200 OK", "16777216, HTTP/1.1 200 OK", "16777216, HTTP/1.1 413 Too Large"})
    void anAnswerThatComesBeforeTheRequestWasReadEndsTheCallInTime(int characters, String status) throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        String reply = answer("early").replaceFirst("HTTP/1.1 200 OK", status);
        try (ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answerUnread(socket, reply, over));
            String url = "http://127.0.0.1:" + socket.getLocalPort() + "/v1";
            long start = System.nanoTime();
            try (HttpInferenceClient client = openAi(REGION, url, SHORT)) {
                InferenceResult result = client.infer(request(REGION, "llama", "x".repeat(characters)));

                // The JDK's client reads no answer before it has written the whole request.
                assertThat(result instanceof Answer answer ? answer.response() : outcome(result))
                        .isIn("early", "unknown timeout");
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SHORT.plusSeconds(4));
        } finally {
            over.countDown();
        }
    }

    private static void answerUnread(ServerSocket socket, String reply, CountDownLatch over) {
        try (Socket connection = socket.accept()) {
            ScriptedServer.write(connection, reply);
            over.await();
        } catch (IOException | InterruptedException gone) {
            // The test is over.
        }
    }

    @Test
    void callsToAnotherRegionGoOnMeanwhile() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(40);
        ScriptedServer.Script hostile = (request, connection) -> {
            ScriptedServer.write(connection, OK + "Content-Length: 8000000\r\n\r\n" + " ".repeat(100_000));
            begun.countDown();
            passed(over, 60_000);
        };
        try (ScriptedServer bad = new ScriptedServer(hostile);
                ScriptedServer good = new ScriptedServer(
                        (request, connection) -> ScriptedServer.write(connection, answer("hello")))) {
            Regions regions = Regions.of(
                    Provider.OPENAI,
                    new RegionsProperties(
                            Map.of("bad", Fixtures.region(bad.baseUrl()), "good", Fixtures.region(good.baseUrl()))));
            Duration timeout = Duration.ofSeconds(3);
            try (var client = new HttpInferenceClient(
                    properties(timeout, timeout), regions, new OpenAiProtocol(), Fixtures.CLOCK, name -> true)) {
                List<FutureTask<InferenceResult>> held = new ArrayList<>();
                for (int n = 0; n < 40; n++) {
                    FutureTask<InferenceResult> call = new FutureTask<>(() -> client.infer(request("bad", "m", "q")));
                    held.add(call);
                    Thread.ofVirtual().start(call);
                }
                assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
                for (int n = 0; n < 20; n++) {
                    assertThat(client.infer(request("good", "m", "q"))).isInstanceOf(Answer.class);
                }
                assertThat(held).noneMatch(FutureTask::isDone);
                for (FutureTask<InferenceResult> call : held) {
                    assertThat(outcome(call.get(10, TimeUnit.SECONDS))).isEqualTo("unknown timeout 200");
                }
            }
        } finally {
            over.countDown();
        }
    }

    private static InferenceResult ask(ScriptedServer server, Duration callTimeout) throws InterruptedException {
        try (HttpInferenceClient client = openAi(REGION, server.baseUrl(), callTimeout)) {
            return client.infer(request(REGION, "llama", "Who are you?"));
        }
    }

    private static String outcome(ScriptedServer server, Duration callTimeout) throws InterruptedException {
        return outcome(ask(server, callTimeout));
    }

    /** Kind, code and status. */
    private static String outcome(InferenceResult result) {
        String kind = switch (result) {
            case Answer answer -> "answer";
            case InferenceResult.RetryableFailure failure -> "retryable";
            case InferenceResult.FinalFailure failure -> "final";
            case InferenceResult.UnknownOutcome unknown -> "unknown";
        };
        return result instanceof Failure failure
                ? kind + " " + failure.code() + (failure.httpStatus() == null ? "" : " " + failure.httpStatus())
                : kind;
    }

    private static boolean passed(CountDownLatch latch, long millis) throws IOException {
        try {
            return latch.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** What this JVM has computed: on a busy machine the clock says little. */
    private static long cpu() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static String nested(String open, String close, int depth) {
        return open.repeat(depth) + "1" + close.repeat(depth);
    }

    private static String members(int count) {
        StringBuilder members = new StringBuilder();
        for (int n = 0; n < count; n++) {
            members.append(",\"k").append(n).append("\":1");
        }
        return members.toString();
    }

    private static byte[] http(String headers, byte[] body) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes((OK + headers + "Content-Length: " + body.length + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
        all.writeBytes(body);
        return all.toByteArray();
    }

    private static byte[] gzip(byte[] bytes, int times) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            for (int n = 0; n < times; n++) {
                out.write(bytes);
            }
        }
        return packed.toByteArray();
    }
}
