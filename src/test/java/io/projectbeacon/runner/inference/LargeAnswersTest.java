package io.projectbeacon.runner.inference;

import static io.projectbeacon.runner.inference.Fixtures.properties;
import static io.projectbeacon.runner.inference.Fixtures.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.region.Regions;
import io.projectbeacon.runner.region.RegionsProperties;
import io.projectbeacon.runner.support.ScriptedServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

/** A region whose answers are all large, or stop in the middle, uses up neither the heap nor what other regions need. */
class LargeAnswersTest {

    private static final int MIB = 1 << 20;
    private static final int CALLS = 60;
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String ANSWER = "{\"choices\":[{\"message\":{\"content\":\"hello\"}}]}";
    private static final Answer HELLO = new Answer("hello", null, null);

    private static byte[] padded(int length) {
        return (ANSWER + " ".repeat(length - ANSWER.length())).getBytes(StandardCharsets.UTF_8);
    }

    private static String head(long length) {
        return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + length + "\r\n\r\n";
    }

    private static void send(Socket connection, byte[] body) throws IOException {
        ScriptedServer.write(connection, head(body.length));
        ScriptedServer.write(connection, body);
        connection.close();
    }

    @Test
    void of_many_large_answers_of_a_region_a_few_are_received_at_once_and_other_regions_go_on() throws Exception {
        byte[] body = padded(BoundedBody.MAX_BYTES);
        int last = body.length - 1;
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger allButTheLastByte = new AtomicInteger();
        Map<Integer, AtomicLong> written = new ConcurrentHashMap<>();
        ScriptedServer.Script large = (request, connection) -> {
            connection.setSendBufferSize(64 * 1024);
            AtomicLong sent = new AtomicLong();
            written.put(request.number(), sent);
            ScriptedServer.write(connection, head(body.length));
            OutputStream out = connection.getOutputStream();
            for (int at = 0; at < last; at += 16 * 1024) {
                out.write(body, at, Math.min(16 * 1024, last - at));
                sent.addAndGet(16 * 1024);
            }
            allButTheLastByte.incrementAndGet();
            passed(release);
            out.write(body, last, 1);
            connection.close();
        };
        try (ScriptedServer bad = new ScriptedServer(large);
                ScriptedServer good = new ScriptedServer((request, connection) -> send(connection, padded(100)));
                HttpInferenceClient client = client(bad, good, LONG)) {
            long before = heap();
            List<FutureTask<InferenceResult>> calls = calls(client, CALLS);
            await().atMost(LONG).untilAsserted(() -> {
                assertThat(allButTheLastByte.get()).isGreaterThanOrEqualTo(LargeBodies.PLACES_OF_A_REGION);
                assertThat(written.values()).hasSize(CALLS).allMatch(sent -> sent.get() > BoundedBody.SMALL_BYTES);
            });

            for (int n = 0; n < 20; n++) {
                long start = System.nanoTime();
                assertThat(client.infer(request("good", "m", "q"))).isEqualTo(HELLO);
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
            }
            assertThat(allButTheLastByte.get()).isEqualTo(LargeBodies.PLACES_OF_A_REGION);
            long all = written.values().stream().mapToLong(AtomicLong::get).sum();
            // Of 480 MiB: four bodies, what the others may hold, and the buffers of their sockets.
            assertThat(all).isLessThan(150L * MIB);
            assertThat(heap() - before).isLessThan(200L * MIB);

            release.countDown();
            for (FutureTask<InferenceResult> call : calls) {
                assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo(HELLO);
            }
        } finally {
            release.countDown();
        }
    }

    /** How a large answer ends before it is whole. */
    enum End {
        TIMEOUT,
        RESET,
        TOO_LARGE,
        INTERRUPT,
        REFUSAL
    }

    @ParameterizedTest
    @EnumSource
    void a_place_is_given_back_however_the_call_ends(End end) throws Exception {
        int many = 3 * LargeBodies.PLACES_OF_A_REGION;
        CountDownLatch over = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(LargeBodies.PLACES_OF_A_REGION);
        byte[] some = new byte[MIB];
        ScriptedServer.Script script = (request, connection) -> {
            if (model(request).equals("again")) {
                send(connection, padded(2 * MIB));
                return;
            }
            ScriptedServer.write(
                    connection,
                    end == End.REFUSAL ? head(BoundedBody.MAX_BYTES).replace("200", "503") : head(99_999_999));
            ScriptedServer.write(connection, some);
            begun.countDown();
            switch (end) {
                case RESET -> connection.setSoLinger(true, 0);
                case TOO_LARGE -> {
                    while (true) {
                        ScriptedServer.write(connection, some);
                    }
                }
                case TIMEOUT, INTERRUPT, REFUSAL -> passed(over);
            }
            connection.close();
        };
        Duration timeout = end == End.TIMEOUT || end == End.REFUSAL ? Duration.ofSeconds(3) : LONG;
        try (ScriptedServer bad = new ScriptedServer(script);
                HttpInferenceClient client = client(bad, bad, timeout)) {
            List<Thread> threads = new ArrayList<>();
            List<FutureTask<InferenceResult>> calls = calls(client, "m", many, threads);
            assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
            if (end == End.INTERRUPT) {
                threads.forEach(Thread::interrupt);
            }
            for (FutureTask<InferenceResult> call : calls) {
                assertThat(code(call))
                        .isEqualTo(
                                switch (end) {
                                    case TIMEOUT -> "timeout";
                                    case RESET -> "response_truncated";
                                    case TOO_LARGE -> "answer_too_large";
                                    case INTERRUPT -> "interrupted";
                                    case REFUSAL -> "http_503";
                                });
            }

            for (FutureTask<InferenceResult> call : calls(client, "again", many, new ArrayList<>())) {
                assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo(HELLO);
            }
        } finally {
            over.countDown();
        }
    }

    @Test
    void a_packed_answer_waits_for_a_place_however_small_and_an_answer_in_words_does_not() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch packedSent = new CountDownLatch(1);
        byte[] large = padded(MIB);
        byte[] packed = gzip(padded(MIB));
        AtomicInteger begun = new AtomicInteger();
        ScriptedServer.Script script = (request, connection) -> {
            switch (model(request)) {
                case "large" -> {
                    ScriptedServer.write(connection, head(large.length));
                    OutputStream out = connection.getOutputStream();
                    // More than the kernel buffers: once it is written, the client has read past what it holds freely.
                    connection.setSendBufferSize(64 * 1024);
                    out.write(large, 0, MIB - 1);
                    begun.incrementAndGet();
                    passed(release);
                    out.write(large, MIB - 1, 1);
                    connection.close();
                }
                case "packed" -> {
                    send(connection, packed);
                    packedSent.countDown();
                }
                default -> send(connection, padded(100));
            }
        };
        try (ScriptedServer bad = new ScriptedServer(script);
                HttpInferenceClient client = client(bad, bad, LONG)) {
            List<FutureTask<InferenceResult>> calls =
                    calls(client, "large", LargeBodies.PLACES_OF_A_REGION, new ArrayList<>());
            await().atMost(LONG).until(() -> begun.get() == LargeBodies.PLACES_OF_A_REGION);
            FutureTask<InferenceResult> waiting =
                    calls(client, "packed", 1, new ArrayList<>()).getFirst();
            assertThat(packedSent.await(30, TimeUnit.SECONDS)).isTrue();

            for (int n = 0; n < 50; n++) {
                assertThat(client.infer(request("bad", "small", "q"))).isEqualTo(HELLO);
            }
            assertThat(waiting.isDone()).isFalse();

            release.countDown();
            assertThat(waiting.get(60, TimeUnit.SECONDS)).isEqualTo(HELLO);
            for (FutureTask<InferenceResult> call : calls) {
                assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo(HELLO);
            }
        } finally {
            release.countDown();
        }
    }

    @Test
    void large_bodies_are_read_one_at_a_time_in_whichever_region_and_small_ones_meanwhile() throws Exception {
        LargeBodies bodies = new LargeBodies();
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger at = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<FutureTask<Integer>> readers = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (String region : new String[] {"a", "b", "c"}) {
            LargeBodies.Place place = bodies.place(region);
            place.take().get(10, TimeUnit.SECONDS);
            FutureTask<Integer> reader = new FutureTask<>(() -> place.read(() -> {
                most.accumulateAndGet(at.incrementAndGet(), Math::max);
                joined(release);
                return at.getAndDecrement();
            }));
            readers.add(reader);
            threads.add(Thread.ofVirtual().start(reader));
        }
        // Each waits either to read, or in the middle of it.
        await().until(() -> threads.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING));
        assertThat(most).hasValue(1);

        try (LargeBodies.Place small = bodies.place("a")) {
            assertThat(small.<String>read(() -> "read")).isEqualTo("read");
        }

        release.countDown();
        for (FutureTask<Integer> reader : readers) {
            assertThat(reader.get(10, TimeUnit.SECONDS)).isEqualTo(1);
        }
        assertThat(most).hasValue(1);
    }

    @Test
    void a_place_that_is_asked_for_after_the_call_has_ended_is_not_taken() throws Exception {
        LargeBodies bodies = new LargeBodies();
        for (int n = 0; n < 2 * LargeBodies.PLACES_OF_A_REGION; n++) {
            LargeBodies.Place over = bodies.place("a");
            over.close();
            assertThat(over.take()).isNotDone();
        }
        List<LargeBodies.Place> held = new ArrayList<>();
        for (int n = 0; n < LargeBodies.PLACES_OF_A_REGION; n++) {
            LargeBodies.Place place = bodies.place("a");
            place.take().get(10, TimeUnit.SECONDS);
            held.add(place);
        }
        LargeBodies.Place last = bodies.place("a");
        LargeBodies.Place givenUp = bodies.place("a");
        assertThat(givenUp.take()).isNotDone();
        assertThat(last.take()).isNotDone();
        givenUp.close();
        givenUp.close();
        assertThat(last.take()).isNotDone();

        held.getFirst().close();
        last.take().get(10, TimeUnit.SECONDS);
    }

    @Test
    void what_comes_beside_the_text_is_kept_up_to_ten_thousand_values() throws Exception {
        String many = "[" + "{},".repeat(1_000_000) + "{}]";
        String body = "{\"choices\":[{\"message\":{\"content\":\"hello\",\"tool_calls\":%s}}],\"usage\":{\"a\":%s}}"
                .formatted(many, many);
        try (ScriptedServer server = new ScriptedServer(
                        (request, connection) -> send(connection, body.getBytes(StandardCharsets.UTF_8)));
                HttpInferenceClient client = client(server, server, LONG)) {
            assertThat(client.infer(request("bad", "m", "q"))).isInstanceOfSatisfying(Answer.class, answer -> {
                assertThat(answer.response()).isEqualTo("hello");
                assertThat(answer.details().toolCalls()).hasSize(9_999);
                assertThat(answer.details().usage().path("a")).hasSize(9_998);
            });
        }
    }

    private static String model(ScriptedServer.Request request) {
        return JsonMapper.shared().readTree(request.body()).path("model").asString();
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }

    private static void joined(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static HttpInferenceClient client(ScriptedServer bad, ScriptedServer good, Duration timeout) {
        Regions regions = Regions.of(
                Provider.OPENAI,
                new RegionsProperties(
                        Map.of("bad", Fixtures.region(bad.baseUrl()), "good", Fixtures.region(good.baseUrl()))));
        return new HttpInferenceClient(
                properties(timeout, timeout), regions, new OpenAiProtocol(), Fixtures.CLOCK, name -> true);
    }

    private static List<FutureTask<InferenceResult>> calls(HttpInferenceClient client, int count) {
        return calls(client, "m", count, new ArrayList<>());
    }

    private static List<FutureTask<InferenceResult>> calls(
            HttpInferenceClient client, String model, int count, List<Thread> threads) {
        List<FutureTask<InferenceResult>> calls = new ArrayList<>();
        for (int n = 0; n < count; n++) {
            FutureTask<InferenceResult> call = new FutureTask<>(() -> client.infer(request("bad", model, "q")));
            calls.add(call);
            threads.add(Thread.ofVirtual().start(call));
        }
        return calls;
    }

    private static String code(FutureTask<InferenceResult> call) throws Exception {
        try {
            return call.get(60, TimeUnit.SECONDS) instanceof InferenceResult.Failure failure
                    ? failure.code()
                    : "answer";
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(InterruptedException.class);
            return "interrupted";
        }
    }

    private static void passed(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** In use after a collection. */
    private static long heap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
