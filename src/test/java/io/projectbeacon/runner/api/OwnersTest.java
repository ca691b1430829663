package io.projectbeacon.runner.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.domain.Role;
import io.projectbeacon.runner.job.JobRoom;
import io.projectbeacon.runner.support.Database;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.Race;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Jobs, ids and keys belong to callers; what is another's is told nobody, and changed by nobody. */
class OwnersTest {

    private static final List<String> CALLERS = List.of("acme", "zeta", "tau");
    private static final String NOT_THERE = "not-there";

    private static FakeProvider provider;
    private static Database database;
    private static RunnerApp app;

    @BeforeAll
    static void start() throws IOException {
        provider = FakeProvider.start();
        database = Database.fresh();
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
        properties.add("--beacon.retention.finished-jobs=30m");
        app = RunnerApp.withCallers(database.url(), TestServers.newRedisUrl(), properties);
    }

    @AfterAll
    static void stop() {
        provider.release("eu-west");
        app.close();
        database.close();
        provider.close();
    }

    private static RunnerClient submitter(String name) {
        return app.as(name, Role.SUBMITTER);
    }

    private static RunnerClient operator() {
        return app.as("ops", Role.OPERATOR);
    }

    private static String spec(String id, String model, String region) {
        return "{\"id\": \"%s\", \"models\": [\"%s\", \"%s\"], \"regions\": [\"%s\"]}"
                .formatted(id, model, model, region);
    }

    private static JsonNode ended(RunnerClient client, String id) {
        return client.ended(id);
    }

    private static List<String> ids(JsonNode list, String name, String id) {
        return list.path(name)
                .valueStream()
                .map(item -> item.path(id).asString())
                .toList();
    }

    /** All that is stored of the jobs of a caller, but for how they go on by themselves. */
    private static List<String> rowsOf(String caller) {
        return Stream.of(
                        "SELECT row_to_json(j)::text FROM jobs j WHERE caller = ? ORDER BY id",
                        "SELECT row_to_json(e)::text FROM executions e JOIN jobs j ON j.id = e.job_id WHERE caller = ? ORDER BY e.id",
                        "SELECT row_to_json(d)::text FROM execution_duplicates d JOIN jobs j ON j.id = d.job_id WHERE caller = ?"
                                + " ORDER BY d.id")
                .flatMap(sql -> database.jdbc().sql(sql).param(caller).query(String.class).list().stream())
                .toList();
    }

    /** Each route that names a job, with its method: those that come later, too. */
    private static List<String> routesOfJobs() {
        return app.routes().stream().filter(route -> route.contains("{id}")).toList();
    }

    private static String answer(String caller, String route, String id, String query) throws Exception {
        String[] parts = route.split(" ");
        HttpRequest request = HttpRequest.newBuilder(URI.create(app.base() + parts[1].replace("{id}", id) + query))
                .method(parts[0], HttpRequest.BodyPublishers.noBody())
                .headers(RunnerApp.keyOf(caller, Role.SUBMITTER))
                .build();
        HttpResponse<String> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        Set<String> headers = new HashSet<>(response.headers().map().keySet());
        return response.statusCode() + " " + headers + " " + response.body().replace(id, NOT_THERE);
    }

    @Test
    void three_callers_over_every_route_of_each_others_jobs_are_told_nothing_and_change_nothing() throws Exception {
        provider.hold("eu-west");
        for (String caller : CALLERS) {
            RunnerClient client = submitter(caller);
            assertThat(client.submit(spec("ended-of-" + caller, "m", "us-east")).status())
                    .isEqualTo(202);
            ended(client, "ended-of-" + caller);
            assertThat(client.submit(spec("held-of-" + caller, "m", "eu-west")).status())
                    .isEqualTo(202);
            await().until(() -> client.get("/api/v1/jobs/held-of-" + caller)
                            .json()
                            .at("/cells/running")
                            .asInt()
                    == 1);
        }
        List<String> routes = routesOfJobs();
        assertThat(routes).hasSizeGreaterThanOrEqualTo(6);
        for (String owner : CALLERS) {
            List<String> before = rowsOf(owner);
            for (String caller : CALLERS) {
                if (caller.equals(owner)) {
                    continue;
                }
                for (String route : routes) {
                    for (String query : List.of("", "?caller=" + owner, "?caller=" + caller)) {
                        String nothing = answer(caller, route, NOT_THERE, query);
                        assertThat(nothing).startsWith("404 ");
                        for (String id : List.of("ended-of-" + owner, "held-of-" + owner)) {
                            assertThat(answer(caller, route, id, query))
                                    .as(caller + " " + route + " of " + owner + query)
                                    .isEqualTo(nothing);
                        }
                    }
                    assertThat(answer(caller, route, owner + "%2Fended-of-" + owner, ""))
                            .doesNotContain("ended-of", "us-east")
                            .matches("(?s)40[04] .*");
                }
                assertListsShowTheirOwn(submitter(caller), caller);
                assertThat(submitter(caller).get("/api/v1/jobs?caller=" + owner).status())
                        .isEqualTo(403);
                assertThat(submitter(caller)
                                .get("/api/v1/duplicates?caller=" + owner)
                                .status())
                        .isEqualTo(403);
                // The same id is free for each caller, and says nothing of another's.
                assertThat(submitter(caller)
                                .submit(spec("ended-of-" + owner, "other-model", "us-east"))
                                .status())
                        .isEqualTo(202);
                ended(submitter(caller), "ended-of-" + owner);
            }
            assertThat(rowsOf(owner)).isEqualTo(before);
        }
        provider.release("eu-west");
        CALLERS.forEach(caller -> assertThat(ended(submitter(caller), "held-of-" + caller)
                        .path("status")
                        .asString())
                .isEqualTo("completed"));
    }

    private static void assertListsShowTheirOwn(RunnerClient client, String caller) {
        JsonNode jobs = client.get("/api/v1/jobs?total=true").json();
        assertThat(ids(jobs, "jobs", "caller")).isNotEmpty().containsOnly(caller);
        assertThat(jobs.path("total").asLong())
                .isEqualTo(database.count("SELECT count(*) FROM jobs WHERE caller = ? AND status IS NOT NULL", caller));
        JsonNode ledger = client.get("/api/v1/duplicates?total=true").json();
        assertThat(ids(ledger, "duplicates", "caller")).isNotEmpty().containsOnly(caller);
        assertThat(ledger.path("total").asLong())
                .isEqualTo(database.count(
                        "SELECT count(*) FROM execution_duplicates d JOIN jobs j ON j.id = d.job_id WHERE j.caller = ?",
                        caller));
    }

    @Test
    void an_id_is_each_callers_own_and_its_calls_labels_and_lines_are_told_apart() {
        for (String caller : CALLERS) {
            assertThat(submitter(caller).submit(spec("same", caller, "us-east")).status())
                    .isEqualTo(202);
        }
        for (String caller : CALLERS) {
            JsonNode job = ended(submitter(caller), "same");
            assertThat(job.path("id").asString()).isEqualTo("same");
            assertThat(job.path("caller").asString()).isEqualTo(caller);
            assertThat(job.path("models").get(0).asString()).isEqualTo(caller);
            JsonNode cell = submitter(caller).cells("same").get("us-east/" + caller);
            assertThat(cell.path("jobspec_id").asString()).isEqualTo("same");
            assertThat(cell.path("caller").asString()).isEqualTo(caller);
            assertThat(provider.calls())
                    .filteredOn(call -> call.model().equals(caller))
                    .singleElement()
                    .satisfies(call ->
                            assertThat(call.idempotencyKey()).startsWith(caller + "%2Fsame/us-east/" + caller + "/0/"));
            assertThat(app.metric("beacon_execution_duplicates_detected_total", "job_id=\"" + caller + "/same\""))
                    .isEqualTo(1);
        }
    }

    @Test
    void jobs_of_the_default_caller_are_called_as_before_there_were_others() {
        assertThat(app.submit(spec("plain", "plain-model", "us-east")).json().has("caller"))
                .isFalse();
        JsonNode job = ended(app, "plain");
        assertThat(job.has("caller")).isFalse();
        assertThat(app.submit(spec("plain", "plain-model", "us-east")).header("Location"))
                .isEqualTo("/api/v1/jobs/plain");
        assertThat(database.count("SELECT count(*) FROM jobs WHERE jobspec_id = 'plain' AND caller = 'default'"))
                .isEqualTo(1);
        assertThat(provider.calls())
                .filteredOn(call -> call.model().equals("plain-model"))
                .singleElement()
                .satisfies(call -> assertThat(call.idempotencyKey()).startsWith("plain/us-east/plain-model/0/"));
        assertThat(app.metric("beacon_execution_duplicates_detected_total", "job_id=\"plain\""))
                .isEqualTo(1);
    }

    @Test
    void an_operator_sees_all_and_names_a_caller_where_an_id_is_that_of_several() {
        submitter("acme").submit(spec("twice", "m", "us-east"));
        submitter("zeta").submit(spec("twice", "m", "us-east"));
        submitter("zeta").submit(spec("once", "m", "us-east"));
        ended(submitter("acme"), "twice");
        ended(submitter("zeta"), "twice");
        ended(submitter("zeta"), "once");

        Reply ambiguous = operator().get("/api/v1/jobs/twice");
        assertThat(ambiguous.status()).isEqualTo(409);
        assertThat(ambiguous.json().path("callers").valueStream().map(JsonNode::asString))
                .containsExactly("acme", "zeta");
        for (String route : List.of("/retry", "/cancel")) {
            assertThat(operator().post("/api/v1/jobs/twice" + route, "").status())
                    .isEqualTo(409);
        }
        assertThat(operator()
                        .get("/api/v1/jobs/twice?caller=zeta")
                        .json()
                        .path("caller")
                        .asString())
                .isEqualTo("zeta");
        assertThat(operator().get("/api/v1/jobs/once").json().path("caller").asString())
                .isEqualTo("zeta");
        Reply retried = operator().post("/api/v1/jobs/once/retry", "");
        assertThat(retried.status()).isEqualTo(202);
        assertThat(retried.header("Location")).isEqualTo("/api/v1/jobs/once?caller=zeta");
        assertThat(operator().get(retried.header("Location")).status()).isEqualTo(200);
        ended(submitter("zeta"), "once");
        assertThat(database.count("SELECT count(*) FROM jobs WHERE jobspec_id = 'zeta/once' AND caller = 'zeta'"))
                .as("a retry keeps the owner")
                .isEqualTo(1);

        assertThat(ids(operator().get("/api/v1/jobs?limit=1000").json(), "jobs", "caller"))
                .contains("acme", "zeta");
        assertThat(ids(operator().get("/api/v1/jobs?caller=acme").json(), "jobs", "caller"))
                .isNotEmpty()
                .containsOnly("acme");
        assertThat(ids(operator().get("/api/v1/duplicates?caller=zeta").json(), "duplicates", "caller"))
                .isNotEmpty()
                .containsOnly("zeta");
        assertThat(operator()
                        .get("/api/v1/jobs/twice/executions?caller=acme")
                        .json()
                        .path("executions"))
                .hasSize(1);
        assertThat(operator()
                        .get("/api/v1/jobs/twice/duplicates?caller=acme")
                        .json()
                        .path("duplicates"))
                .hasSize(1);
        assertThat(operator().get("/api/v1/jobs/not-there").status()).isEqualTo(404);
        assertThat(operator().get("/api/v1/jobs/twice?caller=nobody").status()).isEqualTo(404);
    }

    private static String withoutId(String model) {
        return "{\"models\": [\"%s\"], \"regions\": [\"us-east\"]}".formatted(model);
    }

    private static Reply keyed(RunnerClient client, String key, String model) {
        return client.submit(withoutId(model), "Idempotency-Key", key);
    }

    private static JsonNode batch(RunnerClient client, String key, String... models) {
        String items =
                String.join("\n", Stream.of(models).map(OwnersTest::withoutId).toList());
        Reply reply = client.post(
                "/api/v1/jobs:batch", items.getBytes(UTF_8), "application/x-ndjson", "Idempotency-Key", key);
        assertThat(reply.status()).isEqualTo(207);
        return tools.jackson.databind.json.JsonMapper.shared()
                .readTree("[" + reply.response().body().strip().replace("\n", ",") + "]");
    }

    @Test
    void an_idempotency_key_is_each_callers_own() {
        Set<String> jobs = new HashSet<>();
        for (String caller : CALLERS) {
            Reply first = keyed(submitter(caller), "key", "m-" + caller);
            assertThat(first.status()).isEqualTo(202);
            jobs.add(first.json().path("id").asString());
            assertThat(keyed(submitter(caller), "key", "m-" + caller).status()).isEqualTo(200);
            Reply taken = keyed(submitter(caller), "key", "another");
            assertThat(taken.status()).isEqualTo(422);
            assertThat(taken.response().body()).contains(first.json().path("id").asString());
        }
        assertThat(jobs).hasSize(3);
        // No spelling of one caller's key is another's.
        assertThat(keyed(app, "acme/key", "m-acme").status()).isEqualTo(202);
    }

    @Test
    void the_items_of_a_batch_have_keys_of_their_own() {
        for (RunnerClient client : List.of(app, submitter("acme"))) {
            JsonNode results = batch(client, "bk", "a", "b");
            assertThat(results.get(1).path("status").asInt()).isEqualTo(202);
            String item = results.get(1).path("id").asString();

            Reply alone = keyed(client, "bk/1", "c");
            assertThat(alone.status()).isEqualTo(202);
            assertThat(alone.json().path("id").asString()).isNotEqualTo(item);
            assertThat(keyed(client, "bk/1", "c").json().path("id").asString())
                    .isEqualTo(alone.json().path("id").asString());

            JsonNode again = batch(client, "bk", "a", "b");
            assertThat(again.get(1).path("status").asInt()).isEqualTo(200);
            assertThat(again.get(1).path("id").asString()).isEqualTo(item);
        }
    }

    @Test
    void a_job_that_an_earlier_version_stored_under_a_key_is_found_by_both_kinds_of_keys() {
        String item = batch(app, "old", "a", "b").get(1).path("id").asString();
        ended(app, item);
        database.jdbc()
                .sql("UPDATE jobs SET key_of_batch = NULL WHERE jobspec_id = ?")
                .param(item)
                .update();
        assertThat(keyed(app, "old/1", "b").json().path("id").asString()).isEqualTo(item);
        JsonNode replayed = batch(app, "old", "a", "b").get(1);
        assertThat(replayed.path("status").asInt()).isEqualTo(200);
        assertThat(replayed.path("id").asString()).isEqualTo(item);
        assertThat(database.count("SELECT count(*) FROM jobs WHERE idempotency_key = 'old/1'"))
                .isEqualTo(1);
    }

    @Test
    void of_many_posts_of_one_id_by_several_callers_at_the_same_time_one_of_each_caller_is_accepted() throws Exception {
        try (Race race = new Race(45)) {
            List<Callable<Reply>> posts = new ArrayList<>();
            for (int n = 0; n < 15; n++) {
                for (String caller : CALLERS) {
                    posts.add(() -> submitter(caller).submit(spec("racing", "m", "us-east")));
                }
            }
            List<Reply> replies = race.run(posts);
            assertThat(replies).filteredOn(reply -> reply.status() == 202).hasSize(3);
            assertThat(replies).filteredOn(reply -> reply.status() == 200).hasSize(42);
        }
        assertThat(database.count("SELECT count(*) FROM jobs WHERE jobspec_id LIKE '%racing'"))
                .isEqualTo(3);
    }

    @Test
    void what_is_deleted_or_erased_of_one_caller_is_so_of_no_other() {
        String spec = spec("goes", "m", "us-east");
        submitter("acme").submit(spec);
        submitter("zeta").submit(spec);
        ended(submitter("acme"), "goes");
        ended(submitter("zeta"), "goes");
        String key = keyed(submitter("acme"), "goes", "m").json().path("id").asString();
        ended(submitter("acme"), key);

        assertThat(submitter("acme").delete("/api/v1/jobs/goes/content").status())
                .isEqualTo(204);
        assertThat(submitter("acme")
                        .get("/api/v1/jobs/goes")
                        .json()
                        .path("spec")
                        .isNull())
                .isTrue();
        assertThat(submitter("zeta")
                        .get("/api/v1/jobs/goes")
                        .json()
                        .path("spec")
                        .isNull())
                .isFalse();
        assertThat(submitter("acme").submit(spec).status()).as("by its digest").isEqualTo(200);
        assertThat(submitter("acme").submit(spec("goes", "other", "us-east")).status())
                .isEqualTo(409);

        database.jdbc().sql("""
                        UPDATE jobs SET created_at = created_at - interval '1 h', queued_at = queued_at - interval '1 h',
                          started_at = started_at - interval '1 h', finished_at = finished_at - interval '1 h'
                        WHERE jobspec_id IN ('acme/goes', ?)
                        """).param("acme/" + key).update();
        JobRoom.retain(app);
        assertThat(submitter("acme").submit(spec).status()).isEqualTo(410);
        assertThat(keyed(submitter("acme"), "goes", "m").status()).isEqualTo(410);
        assertThat(submitter("acme").get("/api/v1/jobs/goes").status()).isEqualTo(404);
        assertThat(keyed(submitter("zeta"), "goes", "m").status()).isEqualTo(202);
        assertThat(submitter("tau").submit(spec).status()).isEqualTo(202);
    }
}
