package io.projectbeacon.runner.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.arrival.MemoryBudget;
import io.projectbeacon.runner.arrival.MemoryShare;
import io.projectbeacon.runner.support.Console;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.Signer;
import io.projectbeacon.runner.support.TestServers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A plan says what {@code POST /api/v1/jobs} would make of the document, and leaves no trace. */
class PlanTest {

    private static final String PLAN = "/api/v1/jobs:plan";
    private static final String JSON = "application/json";
    private static final String REPEATING = """
            {"id": "%s", "models": ["a", {"id": "b", "temprature": 1}, "a", "b", "a"],
             "regions": ["US", "us-east", "eu-west"], "questions": ["Who?", "Why?", "Who?"]}""";

    private static RunnerApp app;

    @BeforeAll
    static void start() {
        app = RunnerApp.fresh(
                "--beacon.worker.enabled=false",
                "--beacon.inference.simulated.latency=500ms..2s",
                "--beacon.regions.us-east.max-in-flight=2",
                "--beacon.limits.body=64KB",
                "--beacon.limits.memory=8MB");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static JsonNode plan(RunnerApp of, String spec) {
        Reply reply = of.post(PLAN, spec);
        assertThat(reply.status()).as(reply.response().body()).isEqualTo(200);
        return reply.json();
    }

    private static List<String> strings(JsonNode array) {
        return array.values().stream().map(JsonNode::asString).toList();
    }

    @Test
    void it_says_what_the_submitted_job_then_has() {
        JsonNode plan = plan(app, REPEATING.formatted("same"));
        assertThat(plan.path("id").asString()).isEqualTo("same");
        assertThat(plan.path("cells").asInt()).isEqualTo(4);
        assertThat(plan.path("named").asInt()).isEqualTo(15);
        assertThat(plan.path("duplicates").asInt()).isEqualTo(11);
        assertThat(strings(plan.path("dropped_models"))).containsExactly("a", "b");
        assertThat(strings(plan.path("dropped_regions"))).containsExactly("us-east");
        assertThat(plan.path("calls").asInt()).isEqualTo(8);
        assertThat(plan.path("simulated").asBoolean()).isTrue();

        JsonNode job = app.submit(REPEATING.formatted("same")).json();
        assertThat(plan.path("models")).isEqualTo(job.path("models"));
        assertThat(plan.path("regions")).isEqualTo(job.path("regions"));
        assertThat(plan.path("warnings")).isEqualTo(job.path("warnings")).isNotEmpty();
        assertThat(plan.path("cells")).isEqualTo(job.at("/cells/total"));
        assertThat(plan.path("duplicates").asLong())
                .isEqualTo(job.at("/duplicates/detected").asLong());
    }

    @Test
    void nothing_is_stored_counted_or_logged_of_it_and_no_job_is_looked_at() {
        app.submit(REPEATING.formatted("before"));
        String before = app.get("/api/v1/jobs?total=true").response().body();
        String ledger = app.get("/api/v1/duplicates").response().body();
        double detected = app.metric("beacon_duplicates_total");
        try (Console console = new Console()) {
            plan(app, REPEATING.formatted("never"));
            // Posted, this one is a 409.
            plan(app, "{\"id\": \"before\", \"models\": [\"x\"], \"regions\": [\"us-east\"], \"prompt\": \"Other?\"}");
            assertThat(console.lines("🛑")).isEmpty();
            assertThat(console.lines("Job")).isEmpty();
        }
        assertThat(app.get("/api/v1/jobs?total=true").response().body()).isEqualTo(before);
        assertThat(app.get("/api/v1/duplicates").response().body()).isEqualTo(ledger);
        assertThat(app.metric("beacon_duplicates_total")).isEqualTo(detected);
    }

    @Test
    void a_document_without_an_id_or_duplicates_says_so() {
        JsonNode plan = plan(app, "{\"models\": [\"a\"], \"regions\": [\"us-east\"], \"prompt\": \"Who?\"}");
        assertThat(plan.path("id").isNull()).isTrue();
        assertThat(plan.path("duplicates").asInt(-1)).isZero();
        assertThat(plan.path("named").asInt()).isEqualTo(1);
        assertThat(plan.path("calls").asInt()).isEqualTo(1);
        assertThat(plan.path("dropped_models").isArray()).isTrue();
        assertThat(plan.path("dropped_models")).isEmpty();
        assertThat(plan.path("warnings")).isEmpty();
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of(400, JSON, "{\"models\": ["),
                Arguments.of(400, JSON, ""),
                Arguments.of(413, JSON, "{\"models\": [\"%s\"]}".formatted("a".repeat(70_000))),
                Arguments.of(415, "text/plain", "{\"models\": [\"a\"], \"regions\": [\"us-east\"]}"),
                Arguments.of(422, JSON, "[]"),
                Arguments.of(
                        422,
                        JSON,
                        "{\"id\": \"/\", \"models\": [\"\", 1], \"regions\": [\"mars\"], \"constraints\": {\"timeout\": \"x\"}}"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void what_is_refused_there_is_refused_here_with_the_same_words(int status, String type, String body) {
        Reply here = app.post(PLAN, body.getBytes(UTF_8), type);
        Reply there = app.post("/api/v1/jobs", body.getBytes(UTF_8), type);
        assertThat(here.status()).isEqualTo(status);
        assertThat(here.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(problem(here)).isEqualTo(problem(there));
    }

    private static JsonNode problem(Reply reply) {
        return ((ObjectNode) reply.json()).without("instance");
    }

    @Test
    void it_waits_for_memory_as_a_submission_does() {
        MemoryShare.Reservation others = app.bean(MemoryBudget.class).reading().open();
        others.grow(1L << 40, true, Duration.ofSeconds(10));
        try (others) {
            Reply full = app.post(PLAN, REPEATING.formatted("full"));
            assertThat(full.status()).isEqualTo(503);
            assertThat(full.header("Retry-After")).isEqualTo("2");
        }
        plan(app, REPEATING.formatted("full"));
        try (MemoryShare.Reservation all =
                app.bean(MemoryBudget.class).reading().open()) {
            all.grow(1L << 40, true, Duration.ofSeconds(10)); // It has given back what it took.
        }
    }

    @ParameterizedTest
    @CsvSource({
        // Two at once in us-east, a thousand in eu-west, 500 ms each.
        "'\"a\"', us-east, '\"Who?\"', 0.5",
        "'\"a\", \"b\", \"c\"', us-east, '\"Who?\"', 1.0",
        "'\"a\", \"b\", \"c\"', eu-west, '\"Who?\"', 0.5",
        "'\"a\", \"b\", \"c\"', us-east, '\"Who?\", \"Why?\"', 1.5",
        "'\"a\"', us-east, '\"Who?\", \"Why?\", \"How?\"', 1.5",
        "'\"a\", {\"id\": \"b\", \"regions\": [\"us-east\"]}, {\"id\": \"c\", \"regions\": [\"us-east\"]}', 'us-east\", \"eu-west', '\"Who?\"', 1.0",
    })
    void the_least_time_is_that_of_the_region_that_takes_longest(
            String models, String regions, String questions, double seconds) {
        JsonNode plan = plan(
                app,
                "{\"models\": [%s], \"regions\": [\"%s\"], \"questions\": [%s]}".formatted(models, regions, questions));
        assertThat(plan.path("least_seconds").asDouble(-1)).isEqualTo(seconds);
    }

    @Test
    void of_a_provider_that_has_answered_nothing_yet_no_least_time_is_known() throws Exception {
        Duration latency = Duration.ofMillis(300);
        try (FakeProvider provider = FakeProvider.start();
                RunnerApp calling = RunnerApp.fresh(
                        RunnerApp.calling(provider, "us-east", "eu-west").toArray(String[]::new))) {
            String spec = "{\"id\": \"%s\", \"models\": [\"a\"], \"regions\": [%s], \"prompt\": \"Who?\"}";
            JsonNode plan = plan(calling, spec.formatted("x", "\"us-east\""));
            assertThat(plan.path("simulated").asBoolean(true)).isFalse();
            assertThat(plan.has("least_seconds")).isTrue();
            assertThat(plan.path("least_seconds").isNull()).isTrue();

            provider.latency("us-east", latency);
            calling.submit(spec.formatted("j", "\"us-east\""));
            calling.ended("j");
            assertThat(plan(calling, spec.formatted("x", "\"us-east\""))
                            .path("least_seconds")
                            .asDouble())
                    .isBetween(latency.toMillis() / 1e3, 30.0);
            assertThat(plan(calling, spec.formatted("x", "\"us-east\", \"eu-west\""))
                            .path("least_seconds")
                            .isNull())
                    .isTrue();
        }
    }

    @Test
    void a_signature_is_verified_and_its_nonce_is_not_used_up(@TempDir Path directory) throws Exception {
        Signer signer = Signer.draw();
        Path keys = directory.resolve("trusted.json");
        Signer.trust(keys, signer.entry("default"));
        List<String> properties = new ArrayList<>(List.of("--beacon.worker.enabled=false"));
        properties.add("--beacon.signing.mode=required");
        properties.add("--beacon.signing.trusted-keys-file=" + keys);
        try (RunnerApp signing = RunnerApp.start(TestServers.newDatabase(), TestServers.newRedisUrl(), properties)) {
            String spec = "{\"id\": \"j\", \"models\": [\"a\"], \"regions\": [\"us-east\"], \"prompt\": \"Who?\"}";
            String signed = signer.sign(spec);
            plan(signing, signed);
            plan(signing, signed);
            assertThat(signing.submit(signed).status()).isEqualTo(202);
            plan(signing, signed); // The nonce is not looked up, either.

            assertRefused(signing, spec, "signature-required");
            assertRefused(signing, signed.replace("Who?", "Why?"), "signature-invalid");
            String old = signer.sign(spec, Signer.nonce(), Instant.now().minusSeconds(3600));
            assertRefused(signing, old, "timestamp-too-far");
        }
    }

    private static void assertRefused(RunnerApp signing, String spec, String type) {
        Reply reply = signing.post(PLAN, spec);
        assertThat(reply.status()).isEqualTo(422);
        assertThat(reply.json().path("type").asString()).isEqualTo("urn:problem-type:beacon:" + type);
    }
}
