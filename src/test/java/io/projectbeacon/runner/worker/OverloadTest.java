package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.Alone;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.FakeProvider.Call;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** More jobs than a region has places for: they wait in the queue, where they are seen, and none ends for want of a place. */
@Alone
class OverloadTest {

    private static final int JOBS = 12;
    private static final int MODELS = 30;
    private static final int PLACES = 20;

    private FakeProvider provider;
    private RunnerApp app;

    @BeforeEach
    void startProvider() throws IOException {
        provider = FakeProvider.start();
    }

    @AfterEach
    void close() {
        app.close();
        provider.close();
    }

    private void start(String... more) {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.regions.us-east.max-in-flight=" + PLACES);
        properties.addAll(List.of(more));
        app = RunnerApp.start(TestServers.newDatabase(), TestServers.newRedisUrl(), properties);
    }

    private int submit(String id, String more) {
        String models = String.join(
                ",", IntStream.range(0, MODELS).mapToObj(n -> "\"m" + n + "\"").toList());
        return app.submit("{\"id\":\"%s\",\"prompt\":\"%s\",\"models\":[%s],\"regions\":[\"us-east\"]%s}"
                        .formatted(id, id, models, more))
                .status();
    }

    @Test
    void no_job_ends_for_want_of_a_place_though_all_together_take_longer_than_the_time_of_each() {
        Duration call = Duration.ofMillis(500);
        Duration all = call.multipliedBy(JOBS * MODELS / PLACES);
        Duration timeout = Duration.ofSeconds(5);
        assertThat(all).isGreaterThan(timeout.plusSeconds(3));
        provider.latency("us-east", call);
        start();
        for (int n = 0; n < JOBS; n++) {
            assertThat(submit("job-" + n, ",\"constraints\":{\"timeout\":\"%ds\"}".formatted(timeout.toSeconds())))
                    .isEqualTo(202);
        }
        for (int n = 0; n < JOBS; n++) {
            assertThat(app.ended("job-" + n).path("status").asString())
                    .as("job-" + n)
                    .isEqualTo("completed");
        }
        assertThat(provider.calls()).hasSize(JOBS * MODELS).allMatch(Call::success);
    }

    private double completed() {
        return app.jdbc()
                .sql("SELECT count(*) FROM executions WHERE status = 'completed'")
                .query(Double.class)
                .single();
    }

    private double seen() {
        return completed()
                + app.metric("beacon_executions_in_flight")
                + app.metric("beacon_cells_waiting")
                + app.metric("beacon_jobs_queued_cells");
    }

    @Test
    void all_that_waits_is_seen_and_is_subject_to_the_bound_and_to_priority() {
        provider.hold("us-east");
        start("--beacon.jobs.max-queued-cells=" + JOBS * MODELS);
        for (int n = 0; n < JOBS; n++) {
            assertThat(submit("job-" + n, "")).isEqualTo(202);
        }
        for (int round = 0; round < 3; round++) {
            int begun = (round + 1) * PLACES;
            await().atMost(Duration.ofSeconds(20)).until(() -> provider.calls().size() == begun);
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(seen()).isEqualTo(JOBS * MODELS));
            assertThat(app.metric("beacon_cells_waiting", "region=\"us-east\"")).isBetween(1.0, 2.0 * PLACES);
            assertThat(app.metric("beacon_jobs_queued_cells")).isGreaterThan(JOBS * MODELS / 2.0);
            assertThat(app.metric("beacon_jobs_oldest_queued_seconds")).isPositive();
            provider.letThrough("us-east");
        }

        // What waits is in the queue, and so is under its bound; and a job that is urgent comes before it.
        assertThat(submit("urgent", ",\"priority\":5")).isEqualTo(202);
        await().until(() -> {
            int status = submit("more-" + System.nanoTime(), "");
            assertThat(status).isIn(202, 429);
            return status == 429;
        });
        provider.release("us-east");
        assertThat(app.ended("urgent").path("status").asString()).isEqualTo("completed");
        assertThat(app.ended("job-" + (JOBS - 1)).path("status").asString()).isEqualTo("completed");
        List<String> order =
                provider.calls().stream().map(Call::prompt).distinct().toList();
        assertThat(order.indexOf("urgent")).isLessThan(order.indexOf("job-" + (JOBS / 2)));
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(seen()).isEqualTo(completed()));
    }
}
