package io.projectbeacon.runner.chaos;

import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The storms' provider is itself held to what the storms take for granted of it. */
class ChaosProviderTest {

    private static final int KEYS = 150;
    private static final int AT_ONCE = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Queue<HttpResponse<String>> replies = new ConcurrentLinkedQueue<>();

    @Test
    void a_key_begins_the_model_once_is_refused_meanwhile_and_replayed_afterwards(@TempDir Path directory)
            throws Exception {
        Path ledger = directory.resolve("calls.jsonl");
        Process provider = Programs.provider(ledger, 1);
        try {
            int port = Programs.port(provider);
            askForAll(port);
            assertThat(new Stage().await(PATIENCE, Duration.ofMillis(50), () -> isQuiet(ledger)))
                    .as("all has come to its end")
                    .isTrue();
            askForAll(port);
        } finally {
            provider.destroyForcibly().onExit().join();
        }

        List<Call> calls = ProviderLedger.read(ledger);
        assertThat(calls).hasSize(2 * KEYS * AT_ONCE);
        calls.stream().collect(groupingBy(Call::key)).forEach(ChaosProviderTest::assertHonoured);
        assertThat(calls).extracting(Call::told).contains(Told.values());
        assertThat(calls.stream().filter(call -> call.told() == Told.CONFLICT))
                .as("of three that come at once, two are mostly told that one is going on")
                .hasSizeGreaterThan(KEYS);
        assertThat(replies).allSatisfy(ChaosProviderTest::assertNotBegunIsNotMarked);
        assertThat(replies.stream().filter(ChaosProviderTest::isMarked)).hasSizeGreaterThan(KEYS);
    }

    private static void assertHonoured(Key key, List<Call> calls) {
        List<ModelRun> runs =
                calls.stream().map(Call::run).filter(Objects::nonNull).toList();
        assertThat(runs).as(key.text()).hasSizeLessThanOrEqualTo(1);
        assertThat(calls.stream().map(Call::answer).filter(Objects::nonNull).distinct())
                .as(key.text())
                .hasSizeLessThanOrEqualTo(1);
        assertThat(calls.stream().filter(call -> call.answer() != null && call.run() == null))
                .allMatch(Call::replayed);
        assertThat(calls.stream().filter(Call::replayed))
                .allSatisfy(call ->
                        assertThat(call.end()).isAfterOrEqualTo(runs.getFirst().end()));
    }

    /** What is refused before the model begins is no outcome of an earlier call. */
    private static void assertNotBegunIsNotMarked(HttpResponse<String> reply) {
        if (List.of(402, 409, 429, 503, 529).contains(reply.statusCode())) {
            assertThat(isMarked(reply)).isFalse();
        }
    }

    private static boolean isMarked(HttpResponse<String> reply) {
        return reply.headers().firstValue("Idempotent-Replayed").isPresent();
    }

    private void askForAll(int port) {
        try (HttpClient http = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int n = 0; n < KEYS * AT_ONCE; n++) {
                String key = Setup.CALM + n / AT_ONCE + "/us-east/m/0/0123456789abcdef";
                threads.submit(() -> ask(http, port, key));
            }
        }
    }

    private Void ask(HttpClient http, int port, String key) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                .header("Idempotency-Key", key)
                .timeout(PATIENCE)
                .POST(BodyPublishers.ofString("{\"model\": \"m\"}"))
                .build();
        try {
            replies.add(http.send(request, BodyHandlers.ofString()));
        } catch (IOException lost) {
            // The front has closed the connection, or broken its answer off: the ledger has the request all the same.
        }
        return null;
    }

    private static boolean isQuiet(Path ledger) {
        try {
            return ProviderLedger.read(ledger).stream().allMatch(Call::isOver);
        } catch (IOException notNow) {
            return false;
        }
    }
}
