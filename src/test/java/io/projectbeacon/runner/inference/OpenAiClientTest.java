package io.projectbeacon.runner.inference;

import static io.projectbeacon.runner.inference.Fixtures.asking;
import static io.projectbeacon.runner.inference.Fixtures.openAi;
import static io.projectbeacon.runner.inference.Fixtures.request;
import static io.projectbeacon.runner.inference.Fixtures.telling;
import static io.projectbeacon.runner.inference.Fixtures.tree;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.domain.UnknownCause;
import io.projectbeacon.runner.inference.InferenceResult.Answer;
import io.projectbeacon.runner.inference.InferenceResult.UnknownOutcome;
import io.projectbeacon.runner.region.Regions;
import io.projectbeacon.runner.region.RegionsProperties;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.FakeProvider.Call;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAiClientTest {

    private static final String REGION = "us-east";

    private FakeProvider provider;
    private HttpInferenceClient client;

    @BeforeEach
    void start() throws IOException {
        provider = FakeProvider.start();
        client = openAi(REGION, provider.baseUrl(REGION), Duration.ofSeconds(10));
    }

    @AfterEach
    void stop() {
        client.close();
        provider.close();
    }

    private InferenceResult answered(String body) throws InterruptedException {
        provider.answerWith(REGION, 200, body);
        return client.infer(request(REGION, "llama", "Who are you?"));
    }

    private Call sent(InferenceRequest request) throws InterruptedException {
        client.infer(request);
        return provider.calls().getLast();
    }

    @Test
    void eachCallNamesItsOwnModelRegionAndQuestionAndGetsItsOwnAnswer() throws Exception {
        Map<String, RegionsProperties.Region> both = new LinkedHashMap<>();
        both.put("us-east", Fixtures.region(provider.baseUrl("us-east")));
        both.put("eu-west", Fixtures.region(provider.baseUrl("eu-west") + "/"));
        Regions regions = Regions.of(Provider.OPENAI, new RegionsProperties(both));
        InferenceProperties properties = Fixtures.properties(Duration.ofSeconds(10), Duration.ofSeconds(5));
        try (var many =
                new HttpInferenceClient(properties, regions, new OpenAiProtocol(), Fixtures.CLOCK, name -> true)) {
            for (String region : both.keySet()) {
                for (String model : List.of("qwen", "llama")) {
                    for (String question : List.of("Who are you?", "Where are you?")) {
                        assertThat(many.infer(request(region, model, question)))
                                .isInstanceOfSatisfying(
                                        Answer.class,
                                        a -> assertThat(a.response())
                                                .isEqualTo("Model %s in %s says: %s", model, region, question));
                    }
                }
            }
        }
        assertThat(provider.calls())
                .hasSize(8)
                .extracting(call -> call.region() + call.model() + call.prompt())
                .doesNotHaveDuplicates();
    }

    @Test
    void theBodyIsTheQuestionForTheCellsModel() throws Exception {
        assertThat(sent(request("{}")).body())
                .isEqualTo(
                        tree(
                                "{\"model\":\"llama\",\"messages\":[{\"role\":\"user\",\"content\":\"Who are you?\"}],\"stream\":false}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"model", "messages", "stream"})
    void noParameterOverridesWhatMakesTheCallTheCells(String field) throws Exception {
        Call plain = sent(request("{}"));

        Call overridden = sent(request("{\"" + field + "\":\"other\"}"));

        assertThat(overridden.body()).isEqualTo(plain.body());
    }

    @Test
    void theMessagesReachTheProviderAsTheyAre() throws Exception {
        String messages = "[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":"
                + "[{\"type\":\"text\",\"text\":\"What is it?\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"u\"}}]}]";

        assertThat(sent(telling(messages)).body().path("messages")).hasToString(messages);
    }

    @Test
    void theParametersReachTheProvider() throws Exception {
        Call call = sent(request("{\"temperature\":0.70,\"stop\":[\"x\"],\"max_completion_tokens\":9}"));

        assertThat(call.body())
                .isEqualTo(tree("{\"model\":\"llama\",\"messages\":[{\"role\":\"user\",\"content\":\"Who are you?\"}],"
                        + "\"temperature\":0.70,\"stop\":[\"x\"],\"max_completion_tokens\":9,\"stream\":false}"));
    }

    @Test
    void theIdempotencyKeyNamesTheCellAndTheQuestion() throws Exception {
        InferenceRequest request = new InferenceRequest(
                "job-1", REGION, "org/llama 3", asking("q"), "q", 2, "0123456789abcdef", 0, tree("{}"));

        assertThat(sent(request).idempotencyKey()).isEqualTo("job-1/us-east/org%2Fllama%203/2/0123456789abcdef");
        assertThat(sent(request).idempotencyKey()).isEqualTo("job-1/us-east/org%2Fllama%203/2/0123456789abcdef");
    }

    @Test
    void theUsageIsKept() throws Exception {
        assertThat(client.infer(request(REGION, "llama", "Who are you?"))).isInstanceOfSatisfying(Answer.class, a -> {
            assertThat(a.response()).isEqualTo("Model llama in us-east says: Who are you?");
            assertThat(a.promptTokens()).isEqualTo(3);
            assertThat(a.completionTokens()).isEqualTo(8);
            assertThat(a.details().usage()).isNotNull();
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            emptyValue = "",
            value = {
                "{\"content\":\"\"} | ''",
                "{\"content\":null} | ''",
                "{} | ''",
                "{\"content\":42} | 42",
                "{\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]} | ab",
                "{\"content\":[\"a\",{\"type\":\"image_url\"},7,null]} | a7",
                "{\"content\":\"x\",\"refusal\":null,\"unknown\":{\"deep\":[1]}} | x"
            })
    void aMessageIsReadWhateverTheShapeOfItsContent(String message, String response) throws Exception {
        assertThat(answered("{\"choices\":[{\"message\":" + message + "}]}"))
                .isEqualTo(new Answer(response, null, null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"7\"", "-1", "7.5", "99999999999", "null", "{}"})
    void aUsageThatIsNoCountIsNone(String count) throws Exception {
        String body = "{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"usage\":{\"prompt_tokens\":%s}}";

        assertThat(answered(body.formatted(count))).isInstanceOfSatisfying(Answer.class, a -> {
            assertThat(a.response()).isEqualTo("x");
            assertThat(a.promptTokens()).isNull();
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "not json",
                "null",
                "[]",
                "7",
                "{}",
                "{\"choices\":[]}",
                "{\"choices\":[{}]}",
                "{\"choices\":\"x\"}",
                "{\"choices\":[{\"message\":\"x\"}]}",
                "{\"choices\":[{\"message\":{\"content\":\"x\"}",
                "data: {\"choices\":[]}\n\n"
            })
    void aSuccessThatCannotBeReadIsOfUnknownOutcome(String body) throws Exception {
        assertThat(answered(body)).isInstanceOfSatisfying(UnknownOutcome.class, f -> {
            assertThat(f.code()).isEqualTo("unreadable_answer");
            assertThat(f.repeats()).isEqualTo(1);
        });
        assertThat(provider.calls()).hasSize(1);
    }

    @Test
    void aSuccessThatCarriesAnErrorSaysSo() throws Exception {
        assertThat(answered("{\"error\":{\"message\":\"upstream is away\",\"code\":502}}"))
                .isEqualTo(new UnknownOutcome(UnknownCause.STATUS, "http_502", "upstream is away", 502));
    }

    @Test
    void aLoneSurrogateOrNulInAnAnswerIsEscaped() throws Exception {
        assertThat(answered("{\"choices\":[{\"message\":{\"content\":\"a\\ud83d b\\u0000 \\ud83d\\ude00\"}}]}"))
                .isEqualTo(new Answer("a\\ud83d b\\u0000 \uD83D\uDE00", null, null));
    }

    @Test
    void aLoneSurrogateInAQuestionDoesNotFailTheCall() throws Exception {
        assertThat(client.infer(request(REGION, "llama", "a\uD83D"))).isInstanceOf(Answer.class);
    }

    @Test
    void aKeyIsSentOnlyWhereThereIsOne() throws Exception {
        var keyless = new RegionsProperties.Region(Set.of(), provider.baseUrl(REGION), null, 1, null);
        Regions regions = Regions.of(Provider.OPENAI, new RegionsProperties(Map.of(REGION, keyless)));
        InferenceProperties properties = Fixtures.properties(Duration.ofSeconds(10), Duration.ofSeconds(5));
        try (var open =
                new HttpInferenceClient(properties, regions, new OpenAiProtocol(), Fixtures.CLOCK, name -> true)) {
            open.infer(request(REGION, "llama", "Who are you?"));
        }
        assertThat(provider.calls()).singleElement().matches(call -> call.authorization() == null);
    }
}
