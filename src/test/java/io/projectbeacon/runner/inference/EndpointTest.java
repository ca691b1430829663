package io.projectbeacon.runner.inference;

import static io.projectbeacon.runner.inference.Fixtures.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.FinalFailure;
import io.projectbeacon.runner.inference.InferenceResult.Told;
import io.projectbeacon.runner.region.Regions;
import io.projectbeacon.runner.region.RegionsProperties;
import io.projectbeacon.runner.region.RegionsProperties.Auth;
import io.projectbeacon.runner.support.RawProvider;
import io.projectbeacon.runner.support.ScriptedServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a call is sent, and with which headers, as a server sees it. */
class EndpointTest {

    private static final String REGION = "us-east";
    private static final String MODEL = "org/gpt 5";
    private static final String ANSWER = response(200, "{\"choices\":[{\"message\":{\"content\":\"hello\"}}]}");

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({
        "'', /v1/chat/completions",
        "/, /v1/chat/completions",
        "/api/v3/, /v1/api/v3/chat/completions",
        "?key=a%20b, /v1/chat/completions?key=a%20b",
        "/deployments/{model}?api-version=2024-10-21, /v1/deployments/org%2Fgpt%205/chat/completions?api-version=2024-10-21"
    })
    void aBaseUrlIsTakenAsOpenAisSdksTakeIt(String end, String target) throws Exception {
        try (RawProvider provider = provider(ANSWER)) {
            ask(region(provider.baseUrl() + end, "k", null, Auth.BEARER, Map.of()));

            assertThat(provider.heads(MODEL)).singleElement().asString().startsWith("POST " + target + " HTTP/1.1");
        }
    }

    @ParameterizedTest
    @CsvSource({"BEARER, 'Authorization: Bearer k'", "API_KEY, 'api-key: k'", "NONE, ''"})
    void aKeyIsSentAsTheRegionWantsIt(Auth auth, String header) throws Exception {
        try (RawProvider provider = provider(ANSWER)) {
            ask(region(provider.baseUrl(), "k", null, auth, Map.of("X-Team", "evaluation")));

            assertThat(provider.heads(MODEL)).singleElement().asString().satisfies(head -> {
                assertThat(head.lines().filter(line -> line.matches("(?i)(authorization|api-key):.*")))
                        .containsExactlyElementsOf(header.isEmpty() ? List.of() : List.of(header));
                assertThat(head).contains("X-Team: evaluation\r\n");
            });
        }
    }

    @Test
    void whatAServerRepeatsOfItsSecretsIsMasked() throws Exception {
        try (RawProvider provider = provider(response(400, "{\"error\":\"no k-123 in code=s3cret with t0ken\"}"))) {
            InferenceResult result = ask(region(
                    provider.baseUrl() + "?code=s3cret", "k-123", null, Auth.BEARER, Map.of("X-Token", "t0ken")));

            assertThat(result).isEqualTo(new FinalFailure("http_400", "no **** in **** with ****", 400, Told.OUTCOME));
        }
    }

    @Test
    void aServerThatRepeatsOneOfSeveralParametersIsMaskedToo() throws Exception {
        try (RawProvider provider = provider(response(400, "{\"error\":\"no s3cret/1 for v=1\"}"))) {
            InferenceResult result =
                    ask(region(provider.baseUrl() + "?v=1&code=s3cret%2F1", "k-123", null, Auth.BEARER, Map.of()));

            assertThat(result).isEqualTo(new FinalFailure("http_400", "no **** for v=1", 400, Told.OUTCOME));
        }
    }

    @Test
    void aCallThatWasRefusedUnderAKeyThatHasBeenReplacedIsMadeAgainWithTheNewOne() throws Exception {
        Path file = Files.writeString(directory.resolve("key"), "old\n");
        try (ScriptedServer server = new ScriptedServer((request, connection) -> {
            if (request.number() == 1) {
                Files.writeString(file, "the-new-one\n");
                ScriptedServer.write(connection, response(401, "{}"));
            } else {
                ScriptedServer.write(connection, ANSWER);
            }
            connection.close();
        })) {
            assertThat(ask(region(server.baseUrl(), null, file, Auth.BEARER, Map.of())))
                    .isInstanceOf(Answer.class);
            assertThat(server.requests()).isEqualTo(2);
        }
    }

    @Test
    void aCallThatWasRefusedUnderTheKeyOfNowIsNotMadeAgain() throws Exception {
        Path file = Files.writeString(directory.resolve("key"), "only\n");
        try (RawProvider provider = provider(response(401, "{}"))) {
            assertThat(ask(region(provider.baseUrl(), null, file, Auth.BEARER, Map.of())))
                    .isInstanceOfSatisfying(
                            FinalFailure.class, f -> assertThat(f.httpStatus()).isEqualTo(401));
            assertThat(provider.heads(MODEL)).singleElement().asString().contains("Authorization: Bearer only\r\n");
        }
    }

    private static RegionsProperties.Region region(
            String baseUrl, @Nullable String key, @Nullable Path keyFile, Auth auth, Map<String, String> headers) {
        return new RegionsProperties.Region(Set.of(), baseUrl, key, keyFile, auth, headers, 1, null);
    }

    private static InferenceResult ask(RegionsProperties.Region region) throws InterruptedException {
        Regions regions = Regions.of(Provider.OPENAI, new RegionsProperties(Map.of(REGION, region)));
        InferenceProperties properties = Fixtures.properties(Duration.ofSeconds(10), Duration.ofSeconds(5));
        try (var client =
                new HttpInferenceClient(properties, regions, new OpenAiProtocol(), Fixtures.CLOCK, name -> true)) {
            return client.infer(request(REGION, MODEL, "Who are you?"));
        }
    }

    private static RawProvider provider(String reply) throws Exception {
        return new RawProvider(Map.of(MODEL, List.of(reply.getBytes(StandardCharsets.UTF_8))));
    }

    private static String response(int status, String body) {
        return "HTTP/1.1 %d Whatever\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(status, body.length(), body);
    }
}
