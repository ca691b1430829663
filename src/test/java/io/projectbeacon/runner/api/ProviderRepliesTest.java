package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.Keys;
import io.projectbeacon.runner.support.RawProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * What a job shows for what providers answer: each row of {@link ProviderReplies} is a model of one job, at a provider that
 * sends its bytes.
 */
class ProviderRepliesTest {

    private static final Set<String> ANSWER = Set.of("question", "response");

    @ParameterizedTest
    @ValueSource(strings = {"openai", "hybrid-router"})
    void each_answer_ends_as_its_row_says(String protocol) throws Exception {
        Map<String, ProviderReplies.Row> rows = rows(protocol);
        try (RawProvider provider = provider(rows);
                RunnerApp app = runner(protocol, provider)) {
            run(app, "j", rows, "{}");

            Map<String, JsonNode> cells = app.cells("j");
            List<String> wrong = new ArrayList<>();
            rows.forEach((model, row) -> {
                String shown = shown(cells.get("us-east/" + model), provider.keys(model), row.shows());
                if (!shown.equals(row.shows())) {
                    wrong.add(row.name() + ": " + row.shows() + ", but it shows: " + shown);
                }
            });
            assertThat(wrong).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "hybrid-router"})
    void a_held_call_of_unknown_outcome_is_not_made_again(String protocol) throws Exception {
        Map<String, ProviderReplies.Row> rows = rows(protocol);
        rows.values().removeIf(row -> !row.shows().contains("| unknown"));
        assertThat(rows).hasSizeGreaterThan(25);
        try (RawProvider provider = provider(rows);
                RunnerApp app = runner(protocol, provider)) {
            run(app, "j", rows, "{\"on_unknown\": \"hold\"}");

            Map<String, JsonNode> cells = app.cells("j");
            rows.forEach((model, row) -> {
                assertThat(cells.get("us-east/" + model).path("status").asString())
                        .as(row.name())
                        .isEqualTo("unknown");
                assertThat(provider.keys(model))
                        .as(row.name())
                        .extracting(Keys::withoutTag)
                        .containsExactly("j/us-east/" + model + "/0");
            });
        }
    }

    private static Map<String, ProviderReplies.Row> rows(String protocol) {
        List<ProviderReplies.Row> rows =
                protocol.equals("openai") ? ProviderReplies.ofOpenAi() : ProviderReplies.ofHybridRouter();
        assertThat(rows)
                .hasSizeGreaterThan(120)
                .extracting(ProviderReplies.Row::name)
                .doesNotHaveDuplicates();
        return IntStream.range(0, rows.size())
                .boxed()
                .collect(Collectors.toMap(
                        n -> "m%03d".formatted(n), rows::get, (one, other) -> one, LinkedHashMap::new));
    }

    private static RawProvider provider(Map<String, ProviderReplies.Row> rows) throws Exception {
        Map<String, List<byte[]>> scripts = new TreeMap<>();
        rows.forEach((model, row) -> scripts.put(model, row.replies()));
        return new RawProvider(scripts);
    }

    /** The breaker is kept out of it: with it, the order of the calls would decide what is sent at all. */
    private static RunnerApp runner(String protocol, RawProvider provider) {
        return RunnerApp.start(
                TestServers.newDatabase(),
                TestServers.newRedisUrl(),
                List.of(
                        "--beacon.inference.provider=" + protocol,
                        "--beacon.regions.us-east.base-url=" + provider.baseUrl(),
                        "--beacon.inference.max-attempts=3",
                        "--beacon.inference.backoff.initial=1ms",
                        "--beacon.inference.backoff.max=2ms",
                        "--beacon.inference.breaker.window=100000"));
    }

    private static void run(RunnerApp app, String id, Map<String, ProviderReplies.Row> rows, String constraints) {
        String models = rows.keySet().stream().map(id1 -> "\"" + id1 + "\"").collect(Collectors.joining(","));
        assertThat(app.submit("{\"id\":\"%s\",\"models\":[%s],\"regions\":[\"us-east\"],\"constraints\":%s}"
                                .formatted(id, models, constraints))
                        .status())
                .isEqualTo(202);
        app.ended(id);
    }

    private static String shown(JsonNode cell, List<String> keys, String expected) {
        String attempts = cell.path("attempts").values().stream()
                .flatMap(attempt ->
                        Collections.nCopies(
                                attempt.path("times").asInt(),
                                attempt.path("outcome").asString())
                                .stream())
                .collect(Collectors.joining(" "));
        String suffixes = keys.stream()
                .map(Keys::withoutTag)
                .map(key -> key.substring(key.indexOf('/', key.indexOf("us-east/") + "us-east/".length()) + 1))
                .collect(Collectors.joining(" "));
        return cell.path("status").asString() + " "
                + (cell.path("error").isNull() ? answer(cell) : error(cell, expected)) + " | " + attempts + " | "
                + suffixes;
    }

    /** The text, and what else came with it. */
    private static String answer(JsonNode cell) {
        JsonNode answer = cell.path("answers").path(0);
        Map<String, String> rest = new TreeMap<>();
        answer.properties().forEach(field -> {
            if (!ANSWER.contains(field.getKey()) && !field.getValue().isNull()) {
                JsonNode value = field.getValue();
                rest.put(field.getKey(), value.isValueNode() ? value.asString() : value.toString());
            }
        });
        return answer.path("response").asString()
                + rest.entrySet().stream()
                        .map(e -> " " + e.getKey() + "=" + e.getValue())
                        .collect(Collectors.joining());
    }

    /** A row may leave out the message, which then only has to be there. */
    private static String error(JsonNode cell, String expected) {
        JsonNode error = cell.path("error");
        String message = error.path("message").asString();
        assertThat(message).isNotBlank();
        JsonNode status = error.path("http_status");
        return error.path("code").asString() + (status.isNull() ? "" : " " + status.asInt()) + " "
                + (expected.contains("…") ? "…" : message);
    }
}
