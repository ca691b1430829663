package io.projectbeacon.runner.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.job.JobRoom;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Link;
import io.projectbeacon.runner.support.Race;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.Signer;
import io.projectbeacon.runner.support.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What a nonce lasts through: races, batches, outages, restarts, erasing and deleting; and keys that change meanwhile. */
class SignedJobSpecTest {

    private static final String TYPE = "urn:problem-type:beacon:";
    private static final String SPEC = "{\"id\": \"%s\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}";
    private static final JsonMapper JSON = new JsonMapper();

    private final Signer signer = Signer.draw();
    private final String database = TestServers.newDatabase();

    @TempDir
    private Path directory;

    private Path file;
    private FakeProvider provider;
    private RunnerApp app;

    @BeforeEach
    void start() throws Exception {
        file = directory.resolve("trusted.json");
        Signer.trust(file, signer.entry("default"));
        provider = FakeProvider.start();
        app = started(database, "required");
    }

    private RunnerApp started(String url, String mode, String... further) {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.signing.mode=" + mode);
        properties.add("--beacon.signing.trusted-keys-file=" + file);
        properties.add("--beacon.retention.finished-jobs=1h");
        properties.addAll(List.of(further));
        return RunnerApp.start(url, TestServers.newRedisUrl(), properties);
    }

    private void restart(String mode, String... further) {
        app.close();
        app = started(database, mode, further);
    }

    @AfterEach
    void stop() {
        app.close();
        provider.close();
    }

    private static String withId(String signed, String id) {
        return ((ObjectNode) JSON.readTree(signed)).put("id", id).toString();
    }

    private static String type(Reply reply) {
        return reply.json().path("type").asString("").replace(TYPE, "");
    }

    private String finished(String id) {
        String signed = signer.sign(SPEC.formatted(id));
        assertThat(app.submit(signed).status()).isEqualTo(202);
        assertThat(app.ended(id).path("status").asString()).isEqualTo("completed");
        return signed;
    }

    private long count(String sql) {
        return app.jdbc().sql(sql).query(Long.class).single();
    }

    @Test
    void of_many_names_under_which_one_document_comes_at_once_one_is_taken() throws Exception {
        int rounds = 20;
        try (Race race = new Race(8)) {
            for (int round = 0; round < rounds; round++) {
                String signed = signer.sign(SPEC.formatted("r"));
                String prefix = "r" + round + "-";
                List<Callable<Integer>> posts = IntStream.range(0, 8)
                        .<Callable<Integer>>mapToObj(n ->
                                () -> app.submit(withId(signed, prefix + n)).status())
                        .toList();
                assertThat(race.run(posts)).containsOnlyOnce(202).containsOnly(202, 422);
            }
        }
        assertThat(count("SELECT count(*) FROM jobs")).isEqualTo(rounds);
    }

    @Test
    void items_of_a_batch_are_verified_each_on_its_own() {
        String one = signer.sign(SPEC.formatted("one"));
        String forged = signer.sign(SPEC.formatted("forged")).replace("us-east", "US");
        JsonNode results = app.post(
                        "/api/v1/jobs:batch",
                        "[%s, %s, %s, %s, %s, %s]"
                                .formatted(
                                        one,
                                        forged,
                                        withId(one, "two"),
                                        SPEC.formatted("unsigned"),
                                        one,
                                        signer.sign(SPEC.formatted("three"))))
                .json()
                .path("results");
        assertThat(results.valueStream().map(result -> result.path("status").asInt()))
                .containsExactly(202, 422, 422, 422, 200, 202);
        assertThat(results.valueStream()
                        .map(result -> result.at("/problem/type").asString("").replace(TYPE, "")))
                .containsExactly("", "signature-invalid", "nonce-used", "signature-required", "", "");
    }

    @Test
    void a_key_in_the_header_names_the_job_of_a_document_without_an_id() {
        String signed = signer.sign("{\"models\": [\"a\"], \"regions\": [\"us-east\"]}");
        Reply first = app.submit(signed, "Idempotency-Key", "k");
        assertThat(first.status()).isEqualTo(202);
        Reply again = app.submit(signed, "Idempotency-Key", "k");
        assertThat(again.status()).isEqualTo(200);
        assertThat(again.json().path("id")).isEqualTo(first.json().path("id"));
        assertThat(type(app.submit(signed, "Idempotency-Key", "k2"))).isEqualTo("nonce-used");
        assertThat(type(app.submit(signed))).isEqualTo("nonce-used");
        // The name that it was given is one under which it is the same job.
        assertThat(app.submit(withId(signed, first.json().path("id").asString()))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void a_restart_forgets_no_nonce() {
        String signed = finished("j");
        restart("optional");
        assertThat(type(app.submit(withId(signed, "k")))).isEqualTo("nonce-used");
        assertThat(app.submit(signed).status()).isEqualTo(200);
        assertThat(provider.calls()).hasSize(1);
    }

    @Test
    void a_job_whose_content_was_erased_keeps_its_nonce() {
        String signed = finished("j");
        assertThat(app.delete("/api/v1/jobs/j/content").status()).isEqualTo(204);
        assertThat(app.submit(signed).status()).isEqualTo(200);
        assertThat(type(app.submit(withId(signed, "k")))).isEqualTo("nonce-used");
        assertThat(provider.calls()).hasSize(1);
    }

    @Test
    void a_deleted_job_leaves_its_nonce_and_keeps_it_for_an_hour_however_early_its_id_is_free() {
        String signed = finished("j");
        app.jdbc()
                .sql(
                        "UPDATE jobs SET created_at = created_at - interval '2 hours', queued_at = queued_at - interval '2 hours',"
                                + " started_at = started_at - interval '2 hours', finished_at = finished_at - interval '2 hours'")
                .update();
        JobRoom.retain(app);
        assertThat(app.submit(signed).status()).isEqualTo(410);
        assertThat(type(app.submit(withId(signed, "k")))).isEqualTo("nonce-used");

        restart("required", "--beacon.retention.ids=1s");
        app.jdbc()
                .sql("UPDATE jobs SET deleted_at = now() - interval '55 minutes'")
                .update();
        JobRoom.retain(app);
        assertThat(app.submit(signed).status()).isEqualTo(410);
        assertThat(type(app.submit(withId(signed, "k")))).isEqualTo("nonce-used");

        app.jdbc()
                .sql("UPDATE jobs SET deleted_at = now() - interval '65 minutes'")
                .update();
        JobRoom.retain(app);
        assertThat(count("SELECT count(*) FROM jobs")).isZero();
        assertThat(provider.calls()).hasSize(1);
    }

    @Test
    void a_full_queue_uses_no_nonce_up() {
        restart("required", "--beacon.jobs.max-queued-cells=1", "--beacon.worker.enabled=false");
        assertThat(app.submit(signer.sign(SPEC.formatted("waits"))).status()).isEqualTo(202);
        String signed = signer.sign(SPEC.formatted("later"));
        assertThat(app.submit(signed).status()).isEqualTo(429);
        assertThat(count("SELECT count(*) FROM jobs WHERE nonce IS NOT NULL")).isEqualTo(1);
        restart("required");
        assertThat(app.submit(signed).status()).isEqualTo(202);
    }

    @Test
    void with_the_database_away_a_signed_jobspec_is_unavailable_and_a_forged_one_is_still_refused() throws Exception {
        try (Link link = Link.to(Link.portOf(database));
                RunnerApp cutOff =
                        started(link.over(database), "required", "--spring.datasource.hikari.connection-timeout=500")) {
            String signed = signer.sign(SPEC.formatted("j"));
            link.cut();
            assertThat(cutOff.submit(signed.replace("\"a\"", "\"b\"")).status()).isEqualTo(422);
            assertThat(cutOff.submit(SPEC.formatted("k")).status()).isEqualTo(422);
            Reply unavailable = cutOff.submit(signed);
            assertThat(unavailable.status()).isEqualTo(503);
            assertThat(unavailable.header("Retry-After")).isNotEmpty();
            link.mend();
            await().until(() -> cutOff.submit(signed).status(), status -> status == 202 || status == 200);
            assertThat(type(cutOff.submit(withId(signed, "k")))).isEqualTo("nonce-used");
        }
    }

    @Test
    void while_the_file_of_keys_is_broken_no_signature_is_believed_and_nothing_is_used_up() throws Exception {
        String signed = signer.sign(SPEC.formatted("j"));
        String good = Files.readString(file);
        Files.writeString(file, good.substring(0, good.length() - 1));
        Reply refused = app.submit(signed);
        assertThat(refused.status()).isEqualTo(503);
        assertThat(type(refused)).isEqualTo("keys-unavailable");
        assertThat(refused.header("Retry-After")).isNotEmpty();
        Files.delete(file);
        assertThat(app.submit(signed).status()).isEqualTo(503);
        assertThat(app.submit(SPEC.formatted("unsigned")).status()).isEqualTo(422);
        Files.writeString(file, good);
        assertThat(app.submit(signed).status()).isEqualTo(202);
    }

    /** Of two keys one is always trusted and one never is, while others come and go. */
    @Test
    void keys_that_change_under_load_let_each_document_in_that_should_be_and_no_other() throws Exception {
        Signer never = Signer.draw();
        AtomicBoolean over = new AtomicBoolean();
        List<Integer> trusted = Collections.synchronizedList(new ArrayList<>());
        List<Integer> untrusted = Collections.synchronizedList(new ArrayList<>());
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int thread = 0; thread < 4; thread++) {
                String prefix = "load-" + thread + "-";
                threads.submit(() -> {
                    for (int n = 0; !over.get(); n++) {
                        trusted.add(app.submit(signer.sign(SPEC.formatted(prefix + n)))
                                .status());
                        untrusted.add(
                                app.submit(never.sign(SPEC.formatted("never"))).status());
                    }
                });
            }
            for (int n = 0; n < 200 || trusted.size() < 100; n++) {
                Signer comes = Signer.draw();
                Signer.trust(file, signer.entry("default"), comes.entry("default"));
                String spec = comes.sign(SPEC.formatted("comes-" + n));
                assertThat(app.submit(spec).status()).isEqualTo(202);
                Signer.trust(file, signer.entry("default"));
                assertThat(app.submit(comes.sign(SPEC.formatted("gone-" + n))).status())
                        .isEqualTo(403);
            }
            over.set(true);
        }
        assertThat(trusted).hasSizeGreaterThan(99).containsOnly(202);
        assertThat(untrusted).containsOnly(403);
    }

    @Test
    void off_keeps_what_looks_like_a_signature_as_it_came_and_stores_no_nonce() {
        restart("off");
        String forged = signer.sign(SPEC.formatted("j")).replace("\"a\"", "\"b\"");
        Reply taken = app.submit(forged);
        assertThat(taken.status()).isEqualTo(202);
        assertThat(taken.json().path("spec")).isEqualTo(JSON.readTree(forged));
        assertThat(app.submit("{\"models\": [\"a\"], \"regions\": [\"us-east\"], \"signature\": 7}")
                        .status())
                .isEqualTo(202);
        assertThat(count("SELECT count(nonce) FROM jobs")).isZero();
    }

    @Test
    void optional_takes_unsigned_ones_verifies_signed_ones_and_keeps_those_of_before() {
        restart("off");
        String before = signer.sign(SPEC.formatted("before"), Signer.nonce(), Instant.now());
        assertThat(app.submit(before).status()).isEqualTo(202);
        restart("optional");
        assertThat(app.submit(before).status()).isEqualTo(200);
        assertThat(app.submit(SPEC.formatted("unsigned")).status()).isEqualTo(202);
        String signed = signer.sign(SPEC.formatted("signed"));
        assertThat(type(app.submit(signed.replace("\"a\"", "\"b\"")))).isEqualTo("signature-invalid");
        assertThat(app.submit(signed).status()).isEqualTo(202);
        assertThat(count("SELECT count(nonce) FROM jobs")).isEqualTo(1);
    }

    /** A replica of the version before knows neither column. */
    @Test
    void rows_that_a_replica_of_before_writes_are_taken_and_are_in_nobodys_way() {
        JdbcClient jdbc = app.jdbc();
        for (int n = 0; n < 2; n++) {
            jdbc.sql("""
                    INSERT INTO jobs (jobspec_id, on_unknown, priority, cells, timeout_ms, models, regions, spec, content, warnings,
                      created_at, queued_at)
                    VALUES (?, 'rerun', 0, 1, 1000, '{a}', '{us-east}', '{}', '{}', '[]', now(), now())
                    """).param("old-" + n).update();
        }
        assertThat(count("SELECT count(*) FROM jobs WHERE nonce IS NULL")).isEqualTo(2);
    }
}
