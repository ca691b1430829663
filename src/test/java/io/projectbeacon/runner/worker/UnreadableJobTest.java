package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.RunnerClient.Reply;
import io.projectbeacon.runner.support.TestServers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** A job whose stored form cannot be read, for whatever reason, fails; the jobs that are started with it run. */
class UnreadableJobTest {

    private static final String SPEC = "{\"id\": \"%s\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}";

    @Test
    void another_post_of_its_name_is_refused_and_it_is_shown_listed_and_retried_like_any_other() {
        try (RunnerApp app = RunnerApp.fresh("--beacon.inference.simulated.latency=0ms")) {
            app.submit(SPEC.formatted("whole"));
            app.submit(SPEC.formatted("unreadable"));
            String unnamed = "{\"models\": [\"a\"], \"regions\": [\"us-east\"]}";
            String keyed = app.submit(unnamed, "Idempotency-Key", "k")
                    .json()
                    .path("id")
                    .asString();
            List.of("whole", "unreadable", keyed).forEach(app::ended);
            app.jdbc()
                    .sql(
                            "UPDATE jobs SET content = '[1e2147483648]', models = ARRAY['a', NULL] WHERE jobspec_id <> 'whole'")
                    .update();

            Reply again = app.submit(SPEC.formatted("unreadable"));
            assertThat(again.status()).isEqualTo(409);
            assertThat(again.header("Content-Type")).startsWith("application/problem+json");
            assertThat(again.json().path("detail").asString())
                    .contains("The job unreadable has this name", "cannot be read");
            assertThat(app.submit(unnamed, "Idempotency-Key", "k").status()).isEqualTo(422);
            JsonNode results = app.post(
                            "/api/v1/jobs:batch",
                            "[" + SPEC.formatted("unreadable") + "," + SPEC.formatted("whole") + "]")
                    .json()
                    .path("results");
            assertThat(results.at("/0/status").asInt()).isEqualTo(409);
            assertThat(results.at("/1/status").asInt()).isEqualTo(200);

            assertThat(app.get("/api/v1/jobs").json().path("jobs").size()).isEqualTo(3);
            JsonNode job = app.get("/api/v1/jobs/unreadable").json();
            assertThat(job.path("status").asString()).isEqualTo("completed");
            assertThat(job.path("models").values())
                    .extracting(JsonNode::asString)
                    .containsExactly("a");
            assertThat(app.post("/api/v1/jobs/unreadable/retry", "").status()).isEqualTo(202);
            assertThat(app.ended("unreadable").path("status").asString()).isEqualTo("completed");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{}", "{\"prompt\": \"?\", \"models\": [{}], \"regions\": [\"us-east\"]}", "[1e2147483648]"})
    void it_fails_without_a_call_and_takes_no_other_with_it(String content) throws Exception {
        String database = TestServers.newDatabase();
        String redis = TestServers.newRedisUrl();
        try (FakeProvider provider = FakeProvider.start()) {
            List<String> properties = RunnerApp.calling(provider, "us-east");
            List<String> idle = new ArrayList<>(properties);
            idle.add("--beacon.worker.enabled=false");
            try (RunnerApp app = RunnerApp.start(database, redis, idle)) {
                for (String id : List.of("before", "unreadable", "after")) {
                    app.submit(SPEC.formatted(id));
                }
                app.jdbc()
                        .sql("UPDATE jobs SET content = ?::json WHERE jobspec_id = 'unreadable'")
                        .param(content)
                        .update();
            }
            try (RunnerApp app = RunnerApp.start(database, redis, properties)) {
                assertThat(app.ended("before").path("status").asString()).isEqualTo("completed");
                assertThat(app.ended("after").path("status").asString()).isEqualTo("completed");
                JsonNode unreadable = app.ended("unreadable");
                assertThat(unreadable.path("status").asString()).isEqualTo("failed");
                assertThat(unreadable.at("/cells/pending").asInt()).isEqualTo(1);
                assertThat(provider.calls()).hasSize(2);
                assertThat(app.metric("beacon_jobs_total", "status=\"failed\"")).isEqualTo(1);
            }
        }
    }
}
