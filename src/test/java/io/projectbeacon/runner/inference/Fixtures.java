package io.projectbeacon.runner.inference;

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
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Requests and clients for the tests of this room. */
final class Fixtures {

    static final String KEY = "sk-very-secret-1234";
    static final Clock CLOCK = Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);

    /** As by default. */
    static final Set<Integer> AMBIGUOUS = Set.of(408, 499, 502, 504, 520, 521, 522, 523, 524, 598, 599);

    private Fixtures() {}

    static InferenceRequest request(String region, String model, String question) {
        return new InferenceRequest("job-1", region, model, model("{}"), question, 0, 0, null);
    }

    static InferenceRequest request(String modelFields, @Nullable Integer maxTokens) {
        return new InferenceRequest("job-1", "us-east", "llama", model(modelFields), "Who are you?", 0, 0, maxTokens);
    }

    static ObjectNode model(String json) {
        return (ObjectNode) JsonMapper.shared().readTree(json);
    }

    static InferenceProperties properties(Duration callTimeout, Duration connectTimeout) {
        return new InferenceProperties(
                Provider.OPENAI,
                callTimeout,
                connectTimeout,
                AMBIGUOUS,
                3,
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
        return new HttpInferenceClient(properties, regions, new OpenAiProtocol(), CLOCK);
    }

    static HttpInferenceClient hybrid(String region, String baseUrl) {
        Regions regions = Regions.of(Provider.HYBRID_ROUTER, regions(region, baseUrl));
        return new HttpInferenceClient(
                properties(Duration.ofSeconds(10), Duration.ofSeconds(5)), regions, new HybridRouterProtocol(), CLOCK);
    }
}
