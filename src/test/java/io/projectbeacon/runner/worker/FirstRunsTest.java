package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.FakeProvider.Call;
import io.projectbeacon.runner.support.Link;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** First runs of jobs whose cells are claimed together, when that fails; the judge is the provider's own list of calls. */
class FirstRunsTest {

    private static final List<String> MODELS =
            IntStream.range(0, 60).mapToObj(n -> "m" + n).toList();

    private final String url = TestServers.newDatabase();
    private final String redis = TestServers.newRedisUrl();
    private FakeProvider provider;
    private Link link;
    private RunnerApp api;

    @BeforeEach
    void aJobThatWaits() throws Exception {
        provider = FakeProvider.start();
        link = Link.to(Link.portOf(url));
        api = RunnerApp.start(url, redis, List.of("--beacon.worker.enabled=false"));
        api.submit("{\"id\": \"j\", \"models\": [%s], \"regions\": [\"us-east\"]}"
                .formatted(MODELS.stream().map(model -> '"' + model + '"').collect(Collectors.joining(", "))));
    }

    @AfterEach
    void stop() throws Exception {
        api.close();
        link.close();
        provider.close();
    }

    private RunnerApp runner() {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.regions.us-east.max-in-flight=60");
        return RunnerApp.start(link.over(url), redis, properties);
    }

    private void handMade(String model, String status) {
        api.jdbc().sql("""
                        INSERT INTO executions
                          (job_id, region, model_id, status, attempt, outcome, fence, claim_id, runner, created_at, started_at,
                           completed_at)
                        SELECT id, 'us-east', ?, s, 1, s, 1, gen_random_uuid(), 'hand', now(), now(),
                          CASE WHEN s <> 'running' THEN now() END
                        FROM jobs, (SELECT ?::text AS s) status
                        """).params(model, status).update();
    }

    private long count(String where) {
        return api.jdbc()
                .sql("SELECT count(*) FROM executions WHERE " + where)
                .query(Long.class)
                .single();
    }

    private List<String> called() {
        return provider.calls().stream().map(Call::model).toList();
    }

    @Test
    void each_cell_is_called_once_under_ids_of_few_blocks() {
        try (RunnerApp runner = runner()) {
            assertThat(runner.ended("j").path("status").asString()).isEqualTo("completed");
        }
        assertThat(called()).containsExactlyInAnyOrderElementsOf(MODELS);
        assertThat(count("id % 1000 > 1")).as("rows that share a block").isPositive();
    }

    @Test
    void an_answer_that_was_lost_costs_no_call_and_no_second_call() {
        link.loseAnswer("inserted", false);
        try (RunnerApp runner = runner()) {
            assertThat(runner.ended("j").path("status").asString()).isEqualTo("completed");
        }
        assertThat(link.hasLostAnswer()).isTrue();
        assertThat(called()).containsExactlyInAnyOrderElementsOf(MODELS);
        assertThat(count("attempt = 1 AND past_attempts = '[]'")).isEqualTo(MODELS.size());
    }

    @Test
    void a_cell_that_has_a_row_already_is_stopped_and_counted_and_the_others_are_called_once() {
        handMade("m30", "completed");
        try (RunnerApp runner = runner()) {
            assertThat(runner.ended("j").path("status").asString()).isEqualTo("completed");
            await().until(() ->
                    runner.metric("beacon_duplicates_total", "layer=\"claim\"", "outcome=\"detected\"") == 1);
        }
        assertThat(called())
                .containsExactlyInAnyOrderElementsOf(
                        MODELS.stream().filter(model -> !model.equals("m30")).toList());
    }

    @Test
    void without_the_unique_key_no_call_is_made_until_it_is_back() {
        api.jdbc()
                .sql("ALTER TABLE executions DROP CONSTRAINT executions_cell_key")
                .update();
        try (RunnerApp runner = runner()) {
            await().until(() -> runner.metric("beacon_execution_claims_failed_total") >= MODELS.size());
            assertThat(provider.calls()).isEmpty();
            assertThat(count("true")).isZero();
            api.jdbc()
                    .sql("ALTER TABLE executions ADD CONSTRAINT executions_cell_key UNIQUE (job_id, region, model_id)")
                    .update();
            assertThat(runner.ended("j").path("status").asString()).isEqualTo("completed");
        }
        assertThat(called()).containsExactlyInAnyOrderElementsOf(MODELS);
    }
}
