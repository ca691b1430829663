package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** A job whose stored form cannot be read, for whatever reason, fails; the jobs that are started with it run. */
class UnreadableJobTest {

    private static final String SPEC = "{\"id\": \"%s\", \"models\": [\"a\"], \"regions\": [\"us-east\"]}";

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
