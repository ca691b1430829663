package io.projectbeacon.runner.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class FakeProviderTest {

    private static final String QUESTION =
            "{\"model\":\"llama\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    private final HttpClient http = HttpClient.newHttpClient();

    private CompletableFuture<HttpResponse<String>> post(String url) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .header("Idempotency-Key", "k")
                .POST(HttpRequest.BodyPublishers.ofString(QUESTION))
                .build();
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void heldCallsStandInTheLedgerAndEndWhenReleased() throws Exception {
        try (FakeProvider provider = FakeProvider.start()) {
            provider.hold("eu-west");
            String url = provider.baseUrl("eu-west") + "/chat/completions";
            List<CompletableFuture<HttpResponse<String>>> calls =
                    IntStream.range(0, 300).mapToObj(i -> post(url)).toList();
            await().untilAsserted(() -> assertThat(provider.callsTo("eu-west")).hasSize(300));
            assertThat(provider.calls()).noneMatch(call -> call.success() || call.end() != null);
            assertThat(provider.callsTo("us-east")).isEmpty();

            provider.release("eu-west");

            assertThat(calls).allSatisfy(call -> assertThat(call.join().body()).contains("llama", "eu-west", "hi"));
            assertThat(provider.calls()).allMatch(call -> call.success() && call.status() == 200);
            assertThat(provider.calls()).extracting(FakeProvider.Call::n).doesNotHaveDuplicates();
        }
    }

    @Test
    void aRegionFailsUntilItRecoversAndOthersDoNot() throws Exception {
        try (FakeProvider provider = FakeProvider.start()) {
            provider.failWith("eu-west", 503, "2");

            HttpResponse<String> failed =
                    post(provider.baseUrl("eu-west") + "/chat/completions").join();
            assertThat(failed.statusCode()).isEqualTo(503);
            assertThat(failed.headers().firstValue("Retry-After")).contains("2");
            assertThat(post(provider.routerUrl("us-east") + "/inference").join().statusCode())
                    .isEqualTo(200);

            provider.recover("eu-west");
            assertThat(post(provider.baseUrl("eu-west") + "/chat/completions")
                            .join()
                            .statusCode())
                    .isEqualTo(200);
            assertThat(provider.calls()).extracting(FakeProvider.Call::success).containsExactly(false, true, true);
        }
    }

    @Test
    void asAProcessItPrintsItsPortAndWritesItsLedgerToAFile(@TempDir Path directory) throws Exception {
        Path ledger = directory.resolve("ledger.ndjson");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        FakeProvider.class.getName(),
                        ledger.toString(),
                        "1")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out = process.inputReader()) {
            int port = Integer.parseInt(out.readLine());
            assertThat(post("http://127.0.0.1:" + port + "/eu-west/v1/chat/completions")
                            .join()
                            .statusCode())
                    .isEqualTo(200);
        } finally {
            process.destroyForcibly();
            process.onExit().get();
        }
        List<JsonNode> lines = Files.readAllLines(ledger).stream()
                .map(JsonMapper.shared()::readTree)
                .toList();
        assertThat(lines)
                .extracting(
                        line -> line.path("event").asString() + line.path("n").asInt())
                .containsExactly("start1", "end1");
        assertThat(lines.getFirst().path("idempotency_key").asString()).isEqualTo("k");
        assertThat(lines.getLast().path("success").booleanValue()).isTrue();
        assertThat(Duration.between(
                        java.time.Instant.parse(lines.getFirst().path("at").asString()),
                        java.time.Instant.parse(lines.getLast().path("at").asString())))
                .isPositive();
    }
}
