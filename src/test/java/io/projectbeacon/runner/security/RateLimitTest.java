package io.projectbeacon.runner.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.projectbeacon.runner.security.Keys.Key;
import io.projectbeacon.runner.support.RunnerApp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** How often a caller, and an address without a key, may ask. */
class RateLimitTest {

    private static final int CHANGES = 5;
    private static final int READS = 6;
    private static final Duration ONE_CHANGE = Duration.ofSeconds(60 / CHANGES);

    private static final String CANCEL = "/api/v1/jobs/none/cancel";
    private static final String JOB = "{\"id\": \"%s\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}";

    private static final Key ACME = Keys.draw("acme", "submitter");
    private static final Key ACME_TOO = Keys.draw("acme", "viewer");
    private static final Key OTHER = Keys.draw("other", "submitter");
    private static final Key OWN = Keys.draw("own", "submitter");
    private static final Key METRICS = Keys.draw("prometheus", "metrics");

    private static RunnerApp app;
    private static Wire wire;

    @BeforeAll
    static void start() {
        List<String> properties = new ArrayList<>(Keys.properties(ACME, ACME_TOO, OTHER, OWN, METRICS));
        properties.add("--beacon.worker.enabled=false");
        properties.add("--beacon.rate-limit.changes=" + CHANGES);
        properties.add("--beacon.rate-limit.reads=" + READS);
        properties.add("--beacon.rate-limit.callers.own.changes=1");
        app = RunnerApp.freshWith(StoppedTime.class, properties.toArray(String[]::new));
        wire = Wire.to(app);
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @BeforeEach
    void fill() {
        pass(Duration.ofMinutes(1));
    }

    private static void pass(Duration time) {
        app.bean(StoppedTime.class).forward(time);
    }

    private static Wire.Answer change(Key key) {
        return wire.post(CANCEL, "", key.header());
    }

    @Test
    void a_limit_is_reached_exactly_and_each_answer_says_what_is_left() {
        for (int made = 1; made <= CHANGES; made++) {
            Wire.Answer answer = change(ACME);
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.header("RateLimit-Policy")).isEqualTo("\"changes\";q=5;w=60");
            assertThat(answer.header("RateLimit"))
                    .isEqualTo("\"changes\";r=%d;t=%d", CHANGES - made, made * ONE_CHANGE.toSeconds());
            assertThat(answer.header("Retry-After")).isEmpty();
        }
        Wire.Answer refused = wire.post("/api/v1/jobs", JOB.formatted("refused"), ACME.header());
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("RateLimit")).isEqualTo("\"changes\";r=0;t=60");
        assertThat(refused.header("Retry-After")).isEqualTo("12");
        assertThat(refused.header("Content-Type")).startsWith("application/problem+json");
        assertThat(refused.body()).contains("\"status\":429", "the caller acme", "beacon.rate-limit.changes allows");
        Wire.Answer read = wire.get("/api/v1/jobs/refused", ACME.header());
        assertThat(read.status()).isEqualTo(404);
        assertThat(read.header("RateLimit")).isEqualTo("\"reads\";r=%d;t=10", READS - 1);
    }

    @Test
    void a_client_that_waits_as_long_as_it_is_told_passes_and_one_that_does_not_loses_nothing_by_it() {
        IntStream.range(0, CHANGES).forEach(made -> change(ACME));
        pass(ONE_CHANGE.minusMillis(1));
        Wire.Answer early = change(ACME);
        assertThat(early.status()).isEqualTo(429);
        assertThat(early.header("Retry-After")).isEqualTo("1");
        pass(Duration.ofMillis(1));
        assertThat(change(ACME).status()).isEqualTo(404);
        assertThat(change(ACME).status()).isEqualTo(429);
        pass(Duration.ofHours(1));
        assertThat(change(ACME).header("RateLimit")).startsWith("\"changes\";r=%d;".formatted(CHANGES - 1));
    }

    @Test
    void of_many_requests_in_the_same_instant_as_many_pass_as_may() throws Exception {
        List<Integer> statuses = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Wire.Answer>> answers = IntStream.range(0, 40)
                    .mapToObj(request -> threads.submit(() -> change(ACME)))
                    .toList();
            for (Future<Wire.Answer> answer : answers) {
                statuses.add(answer.get().status());
            }
        }
        assertThat(Collections.frequency(statuses, 404)).isEqualTo(CHANGES);
        assertThat(Collections.frequency(statuses, 429)).isEqualTo(40 - CHANGES);
    }

    @Test
    void a_caller_has_its_limit_over_all_its_keys_and_uses_up_nobody_else_s() {
        IntStream.range(0, CHANGES).forEach(made -> change(ACME));
        assertThat(change(ACME).status()).isEqualTo(429);
        assertThat(change(ACME_TOO).status()).as("another key").isEqualTo(429);
        assertThat(change(OTHER).header("RateLimit")).startsWith("\"changes\";r=%d;".formatted(CHANGES - 1));
        assertThat(change(OWN).header("RateLimit")).startsWith("\"changes\";r=0;");
        assertThat(change(OWN).body()).contains("beacon.rate-limit.callers.own.changes allows: 1 a minute");
    }

    @Test
    void what_a_role_does_not_allow_counts_too() {
        for (int made = 0; made < CHANGES; made++) {
            assertThat(change(ACME_TOO).status()).isEqualTo(403);
        }
        assertThat(change(ACME).status()).isEqualTo(429);
    }

    @Test
    void a_flood_without_valid_keys_is_bounded_by_its_address_and_touches_no_caller() {
        List<String> strangers = List.of(
                "Accept: */*",
                "Authorization: Bearer bk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhY21lIn0.",
                "Authorization: Basic YTpi",
                ACME.header() + "\r\n" + OTHER.header(),
                "X-Api-Key: x");
        for (String stranger : strangers) {
            Wire.Answer answer = wire.get("/api/v1/jobs", stranger);
            assertThat(answer.status()).as(stranger).isEqualTo(401);
            assertThat(answer.header("RateLimit")).startsWith("\"reads\";r=");
        }
        for (String path : List.of("/api/v1/jobs", "/metrics", "/actuator/info")) {
            for (String stranger : strangers) {
                Wire.Answer answer = wire.get(path, stranger);
                assertThat(answer.status()).as(path + " " + stranger).isEqualTo(429);
                assertThat(answer.header("Retry-After")).isEqualTo("10");
                assertThat(answer.body()).contains("this address without a valid key", "beacon.rate-limit.reads");
            }
        }
        assertThat(wire.post("/api/v1/jobs", "{}").status()).as("another kind").isEqualTo(401);
        assertThat(new Wire("::1", wire.port()).get("/api/v1/jobs").status())
                .as("another address")
                .isEqualTo(401);
        assertThat(wire.get("/api/v1/jobs", ACME.header()).header("RateLimit"))
                .startsWith("\"reads\";r=%d;".formatted(READS - 1));
        assertThat(wire.get("/actuator/health/liveness").status()).isEqualTo(200);
        assertThat(wire.get("/metrics", METRICS.header()).status()).isEqualTo(200);
    }

    @Test
    void probes_and_scrapes_are_not_limited() {
        for (int asked = 0; asked < 3 * READS; asked++) {
            Wire.Answer probe = wire.get("/actuator/health/readiness");
            assertThat(probe.status()).isEqualTo(200);
            assertThat(probe.headers()).noneMatch(line -> line.startsWith("RateLimit"));
            Wire.Answer scrape = wire.get("/metrics", METRICS.header());
            assertThat(scrape.status()).isEqualTo(200);
            assertThat(scrape.headers()).noneMatch(line -> line.startsWith("RateLimit"));
        }
    }

    @Test
    void each_item_of_a_batch_is_a_change_and_those_past_the_limit_are_not_stored() {
        String items = String.join(
                "\n",
                IntStream.range(0, CHANGES + 2)
                        .mapToObj(index -> JOB.formatted("item-" + index))
                        .toList());
        Wire.Answer answer =
                wire.post("/api/v1/jobs:batch", items, "Content-Type: application/x-ndjson", ACME.header());
        assertThat(answer.status()).isEqualTo(207);
        List<JsonNode> results = answer.body()
                .lines()
                .filter(line -> line.startsWith("{"))
                .map(line -> JsonMapper.shared().readTree(line))
                .toList();
        assertThat(results)
                .extracting(result -> result.path("status").asInt())
                .containsExactly(202, 202, 202, 202, 202, 429, 429);
        assertThat(results.getLast().path("retry_after").asInt()).isEqualTo(12);
        assertThat(results.getLast().path("problem").path("detail").asString()).contains("beacon.rate-limit.changes");
        assertThat(wire.get("/api/v1/jobs/item-4", ACME.header()).status()).isEqualTo(200);
        assertThat(wire.get("/api/v1/jobs/item-5", ACME.header()).status()).isEqualTo(404);
        assertThat(wire.post("/api/v1/jobs:batch", "[]", ACME.header()).status())
                .isEqualTo(429);
    }

    @Test
    void without_properties_no_request_is_counted() {
        try (RunnerApp unlimited =
                RunnerApp.fresh(Keys.properties(ACME, METRICS).toArray(String[]::new))) {
            for (String header : List.of(ACME.header(), "X-Api-Key: x", "Accept: */*")) {
                for (int asked = 0; asked < 3 * READS; asked++) {
                    Wire.Answer read = Wire.to(unlimited).get("/api/v1/jobs", header);
                    Wire.Answer change = Wire.to(unlimited).post(CANCEL, "", header);
                    assertThat(List.of(read.status(), change.status())).isSubsetOf(200, 404, 401);
                    assertThat(read.headers()).noneMatch(line -> line.startsWith("RateLimit"));
                    assertThat(change.headers()).noneMatch(line -> line.startsWith("RateLimit"));
                }
            }
        }
    }

    @Test
    void a_service_without_keys_has_one_caller_to_limit() {
        try (RunnerApp open = RunnerApp.freshWith(StoppedTime.class, "--beacon.rate-limit.reads=1")) {
            assertThat(Wire.to(open).get("/api/v1/jobs").header("RateLimit")).isEqualTo("\"reads\";r=0;t=60");
            assertThat(Wire.to(open).get("/api/v1/duplicates").status()).isEqualTo(429);
            assertThat(Wire.to(open).post(CANCEL, "").status()).isEqualTo(404);
            assertThat(Wire.to(open).get("/metrics").status()).isEqualTo(200);
            open.bean(StoppedTime.class).forward(Duration.ofMinutes(1));
            assertThat(Wire.to(open).get("/api/v1/duplicates").status()).isEqualTo(200);
        }
    }

    @Test
    void a_limit_of_nothing_stops_the_start() {
        assertThatThrownBy(() -> RunnerApp.fresh("--beacon.rate-limit.callers.acme.changes=0"))
                .hasStackTraceContaining("beacon.rate-limit");
    }
}
