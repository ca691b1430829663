package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A service that takes signed JobSpecs only, and what is forged or sent again. Whatever is refused has its own type of
 * problem and costs the victim nothing: no row, no call, and not its nonce.
 */
class ForgedJobSpecTest {

    private static final String TYPE = "urn:problem-type:beacon:";
    private static final String SPEC = """
            {"id": "%s", "models": ["a"], "regions": ["us-east"], "prompt": "Café?", "priority": 1, "seed": 9007199254740992,
             "share": 0.5, "metadata": {"team": "evals"}}
            """;

    private static final Signer VICTIM = Signer.draw();
    private static final Signer OTHER = Signer.draw();
    private static final Signer EXPIRED = Signer.draw();
    private static final Signer EARLY = Signer.draw();

    @TempDir
    private static Path directory;

    private static FakeProvider provider;
    private static RunnerApp app;
    private static int names;

    @BeforeAll
    static void start() throws Exception {
        Path file = directory.resolve("trusted.json");
        Signer.trust(
                file,
                VICTIM.entry("default"),
                OTHER.entry("another-caller"),
                EXPIRED.entry("default", "\"not_after\": \"2026-01-01T00:00:00Z\""),
                EARLY.entry("default", "\"not_before\": \"2126-01-01T00:00:00Z\""));
        provider = FakeProvider.start();
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
        properties.add("--beacon.signing.mode=required");
        properties.add("--beacon.signing.trusted-keys-file=" + file);
        app = RunnerApp.start(TestServers.newDatabase(), TestServers.newRedisUrl(), properties);
    }

    @AfterAll
    static void stop() {
        app.close();
        provider.close();
    }

    /** So that each call that comes later is one of the test's own jobs. */
    @BeforeEach
    void letAllJobsEnd() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> app.jdbc()
                                .sql("SELECT count(*) FROM jobs WHERE status IN ('queued', 'running')")
                                .query(Long.class)
                                .single()
                        == 0);
    }

    private static String spec() {
        return SPEC.formatted("j" + names++);
    }

    private static String id(String signed) {
        return JsonMapper.shared().readTree(signed).path("id").asString();
    }

    private static List<String> rows() {
        return app.jdbc()
                .sql("SELECT concat_ws(' ', jobspec_id, signing_key, nonce, spec) FROM jobs ORDER BY id")
                .query(String.class)
                .list();
    }

    static Stream<Forgeries.Forgery> forgeries() {
        return new Forgeries(VICTIM, OTHER, EXPIRED, EARLY).all();
    }

    @ParameterizedTest
    @MethodSource("forgeries")
    void a_forged_jobspec_is_refused_by_its_own_type_and_leaves_the_signed_one_its_nonce(Forgeries.Forgery forgery) {
        String signed = VICTIM.sign(spec());
        List<String> rowsBefore = rows();
        int callsBefore = provider.calls().size();

        Reply refused = app.submit(forgery.made().apply(signed));
        JsonNode inBatch = app.post("/api/v1/jobs:batch", "[" + forgery.made().apply(signed) + "]")
                .json()
                .at("/results/0");

        assertThat(refused.status()).as(refused.response().body()).isEqualTo(forgery.status());
        assertThat(refused.json().path("type").asString(""))
                .isEqualTo(forgery.type().isEmpty() ? "" : TYPE + forgery.type());
        assertThat(refused.json().path("detail").asString()).isNotBlank();
        assertThat(inBatch.path("status").asInt()).isEqualTo(forgery.status());
        assertThat(inBatch.at("/problem/type").asString(""))
                .isEqualTo(refused.json().path("type").asString(""));
        assertThat(rows()).isEqualTo(rowsBefore);

        assertThat(app.submit(signed).status()).isEqualTo(202);
        assertThat(app.ended(id(signed)).path("status").asString()).isEqualTo("completed");
        assertThat(provider.calls()).hasSize(callsBefore + 1);
    }

    private static String withId(String signed, String id) {
        return signed.replace("\"id\":\"" + id(signed) + "\"", "\"id\":\"" + id + "\"");
    }

    private static void assertNonceUsed(Reply reply) {
        assertThat(reply.status()).isEqualTo(422);
        assertThat(reply.json().path("type").asString()).isEqualTo(TYPE + "nonce-used");
        assertThat(reply.json().at("/errors/0/pointer").asString()).isEqualTo("/metadata/nonce");
    }

    /** Each row: what is sent after the first has been taken. */
    @Test
    void a_signed_jobspec_that_is_sent_again_is_its_job_and_under_any_other_name_it_is_refused() {
        String signed = VICTIM.sign(spec());
        String id = id(signed);
        assertThat(app.submit(signed).status()).isEqualTo(202);
        app.ended(id);
        List<String> rowsBefore = rows();
        int callsBefore = provider.calls().size();

        Reply again = app.submit(signed);
        assertThat(again.status()).isEqualTo(200);
        assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(app.submit("{\"jobspec\": " + signed + "}").status()).isEqualTo(200);

        assertNonceUsed(app.submit(withId(signed, "another")));
        assertNonceUsed(app.submit(signed.replace("\"id\":\"" + id + "\",", "")));
        assertNonceUsed(app.submit(signed.replace("\"id\":\"" + id + "\",", ""), "Idempotency-Key", "k"));
        assertNonceUsed(app.submit("{\"jobspec\": " + withId(signed, "wrapped") + "}"));
        JsonNode results = app.post(
                        "/api/v1/jobs:batch",
                        "[%s, %s, %s]".formatted(withId(signed, "b1"), signed, withId(signed, "b2")))
                .json()
                .path("results");
        assertThat(results.valueStream().map(result -> result.path("status").asInt()))
                .containsExactly(422, 200, 422);

        // The nonce again, by the same key, for other content: under the same id, and under another.
        String nonce =
                app.get("/api/v1/jobs/" + id).json().at("/spec/metadata/nonce").asString();
        String other = VICTIM.sign(SPEC.formatted(id).replace("Café?", "Tea?"), nonce, Instant.now());
        assertNonceUsed(app.submit(other));
        assertNonceUsed(app.submit(withId(other, "another-again")));

        assertThat(rows()).isEqualTo(rowsBefore);
        assertThat(provider.calls()).hasSize(callsBefore);
    }

    @Test
    void the_same_id_with_other_content_under_a_new_nonce_is_a_conflict_as_ever_and_leaves_that_nonce_unused() {
        String signed = VICTIM.sign(spec());
        assertThat(app.submit(signed).status()).isEqualTo(202);
        String other = VICTIM.sign(SPEC.formatted(id(signed)).replace("Café?", "Tea?"));
        assertThat(app.submit(other).status()).isEqualTo(409);
        assertThat(app.submit(withId(other, "given-another-id")).status()).isEqualTo(202);
    }

    @Test
    void the_nonce_of_a_key_is_no_other_keys() {
        Signer second = Signer.draw();
        Signer.trust(
                directory.resolve("trusted.json"),
                VICTIM.entry("default"),
                second.entry("default"),
                OTHER.entry("another-caller"),
                EXPIRED.entry("default", "\"not_after\": \"2026-01-01T00:00:00Z\""),
                EARLY.entry("default", "\"not_before\": \"2126-01-01T00:00:00Z\""));
        String nonce = Signer.nonce();
        assertThat(app.submit(VICTIM.sign(spec(), nonce, Instant.now())).status())
                .isEqualTo(202);
        assertThat(app.submit(second.sign(spec(), nonce, Instant.now())).status())
                .isEqualTo(202);
    }

    /** A document that breaks a rule is signed as well as any other, and uses nothing up. */
    @Test
    void a_signed_jobspec_that_breaks_a_rule_leaves_its_nonce_unused() {
        String nonce = Signer.nonce();
        Reply refused =
                app.submit(VICTIM.sign("{\"id\": \"rules\", \"models\": [], \"regions\": [7]}", nonce, Instant.now()));
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().path("errors")).hasSizeGreaterThanOrEqualTo(2);
        assertThat(app.submit(VICTIM.sign(spec(), nonce, Instant.now())).status())
                .isEqualTo(202);
    }

    @Test
    void the_same_document_is_its_job_also_after_five_minutes_when_no_new_one_of_its_age_is_taken() {
        Instant almostTooLongAgo = Instant.now().minus(Duration.ofMinutes(5)).plusSeconds(6);
        String signed = VICTIM.sign(spec(), Signer.nonce(), almostTooLongAgo);
        assertThat(app.submit(signed).status()).isEqualTo(202);
        Awaitility.await()
                .pollInterval(Duration.ofMillis(500))
                .until(() -> app.submit(VICTIM.sign(spec(), Signer.nonce(), almostTooLongAgo))
                                .status()
                        == 422);

        assertThat(app.submit(signed).status()).isEqualTo(200);
        Reply elsewhere = app.submit(withId(signed, "after-five-minutes"));
        assertNonceUsed(elsewhere);
        assertThat(app.get("/api/v1/jobs/after-five-minutes").status()).isEqualTo(404);
    }
}
