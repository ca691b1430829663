package io.projectbeacon.runner.inference;

import io.projectbeacon.runner.domain.Conversation;
import io.projectbeacon.runner.domain.Provider;
import io.projectbeacon.runner.inference.InferenceProperties.Simulated;
import io.projectbeacon.runner.region.Regions;
import io.projectbeacon.runner.region.RegionsProperties;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Requests and clients for the tests of this room. */
final class Fixtures {

    static final String KEY = "sk-very-secret-1234";
    static final Clock CLOCK = Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);

    /** As by default. */
    static final Set<Integer> AMBIGUOUS = Set.of(408, 499, 502, 504, 520, 521, 522, 523, 524, 598, 599);

    private Fixtures() {}

    static InferenceRequest request(String region, String model, String question) {
        return new InferenceRequest("job-1", region, model, asking(question), question, 0, null, 0, tree("{}"));
    }

    static InferenceRequest request(String parameters) {
        String question = "Who are you?";
        return new InferenceRequest(
                "job-1", "us-east", "llama", asking(question), question, 0, null, 0, tree(parameters));
    }

    static InferenceRequest telling(String messages) {
        ArrayNode told = (ArrayNode) JsonMapper.shared().readTree(messages);
        return new InferenceRequest("job-1", "us-east", "llama", told, "q", 0, null, 0, tree("{}"));
    }

    static ArrayNode asking(String question) {
        return Conversation.plain().asking(question);
    }

    static ObjectNode tree(String json) {
        return (ObjectNode) JsonMapper.shared().readTree(json);
    }

    static InferenceProperties properties(Duration callTimeout, Duration connectTimeout) {
        return new InferenceProperties(
                Provider.OPENAI,
                callTimeout,
                connectTimeout,
                AMBIGUOUS,
                Set.of(),
                3,
                null,
                new Simulated(LatencyRange.of("0ms"), 0, 0));
    }

    static RegionsProperties regions(String name, String baseUrl) {
        return new RegionsProperties(Map.of(name, region(baseUrl)));
    }

    static RegionsProperties.Region region(String baseUrl) {
        return new RegionsProperties.Region(Set.of(), baseUrl, KEY, 1000, null);
    }

    static HttpInferenceClient openAi(String region, String baseUrl, Duration callTimeout) {
        return openAi(region, baseUrl, properties(callTimeout, callTimeout));
    }

    static HttpInferenceClient openAi(String region, String baseUrl, InferenceProperties properties) {
        Regions regions = Regions.of(Provider.OPENAI, regions(region, baseUrl));
        return new HttpInferenceClient(properties, regions, new OpenAiProtocol(), CLOCK, name -> true);
    }

    static HttpInferenceClient hybrid(String region, String baseUrl) {
        Regions regions = Regions.of(Provider.HYBRID_ROUTER, regions(region, baseUrl));
        return new HttpInferenceClient(
                properties(Duration.ofSeconds(10), Duration.ofSeconds(5)),
                regions,
                new HybridRouterProtocol(),
                CLOCK,
                name -> true);
    }
}
