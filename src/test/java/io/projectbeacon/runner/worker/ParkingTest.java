package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.FakeProvider.Call;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A region that takes no calls keeps its own jobs waiting, and no others. */
class ParkingTest {

    private FakeProvider provider;
    private RunnerApp app;

    @BeforeEach
    void startProvider() throws IOException {
        provider = FakeProvider.start();
    }

    @AfterEach
    void close() {
        if (app != null) {
            app.close();
        }
        provider.close();
    }

    private void start(String... properties) {
        List<String> all = new ArrayList<>(RunnerApp.calling(provider, "us-east", "eu-west"));
        all.addAll(List.of(properties));
        app = RunnerApp.start(TestServers.newDatabase(), TestServers.newRedisUrl(), all);
    }

    private void submit(String id, String region, int models, String more) {
        String names = String.join(
                ",", IntStream.range(0, models).mapToObj(n -> "\"m" + n + "\"").toList());
        assertThat(app.submit("{\"id\":\"%s\",\"prompt\":\"Who?\",\"models\":[%s],\"regions\":[\"%s\"]%s}"
                                .formatted(id, names, region, more))
                        .status())
                .isEqualTo(202);
    }

    private JsonNode job(String id) {
        return app.get("/api/v1/jobs/" + id).json();
    }

    private void awaitParked(String id) {
        await().atMost(Duration.ofSeconds(20)).until(() -> job(id).has("parked_until"));
    }

    @Test
    void a_job_whose_region_refuses_calls_gives_its_place_to_others_and_says_until_when() {
        provider.failWith("us-east", 429, "8");
        start("--beacon.worker.max-jobs=1");
        submit("refused", "us-east", 3, "");
        awaitParked("refused");

        JsonNode parked = job("refused");
        assertThat(parked.path("status").asString()).isEqualTo("queued");
        assertThat(parked.path("parked_regions").valueStream().map(JsonNode::asString))
                .containsExactly("us-east");
        assertThat(Instant.parse(parked.path("parked_until").asString()))
                .isBetween(Instant.now().plusSeconds(1), Instant.now().plusSeconds(9));
        assertThat(parked.path("started_at").isNull()).isFalse();
        await().until(() -> app.metric("beacon_jobs_parked", "region=\"us-east\"") == 1);
        assertThat(app.metric("beacon_jobs_parked", "region=\"eu-west\"")).isZero();
        assertThat(app.metric("beacon_jobs_oldest_queued_seconds")).isZero();
        assertThat(app.metric("beacon_jobs_queued_cells")).isZero();

        // Its start finds the region closed: it parks without having had a place.
        submit("behind", "us-east", 2, "");
        submit("other", "eu-west", 2, "");
        assertThat(app.ended("other").path("status").asString()).isEqualTo("completed");
        awaitParked("behind");
        assertThat(job("behind").at("/cells/pending").asInt()).isEqualTo(2);

        provider.recover("us-east");
        assertThat(app.ended("refused").path("status").asString()).isEqualTo("completed");
        assertThat(app.ended("behind").path("status").asString()).isEqualTo("completed");
        assertThat(job("behind").has("parked_until")).isFalse();
        assertThat(provider.calls().stream().filter(Call::success)).hasSize(7);
    }

    @Test
    void a_closed_region_is_tried_out_by_few_jobs_and_an_answer_starts_the_others_in_their_old_order() {
        provider.failWith("us-east", 429, "4");
        start("--beacon.worker.max-jobs=1", "--beacon.inference.breaker.trial-calls=1");
        submit("first", "us-east", 1, "");
        awaitParked("first");
        for (int n = 0; n < 20; n++) {
            submit("job-" + n, "us-east", 1, "");
        }
        submit("urgent", "us-east", 1, ",\"priority\":5");
        awaitParked("job-19");
        int before = provider.calls().size();
        provider.hold("us-east");
        provider.recover("us-east");
        await().atMost(Duration.ofSeconds(20)).until(() -> provider.calls().size() > before);
        await().during(Duration.ofSeconds(1)).until(() -> provider.calls().size() == before + 1);

        provider.release("us-east");
        for (int n = 0; n < 20; n++) {
            assertThat(app.ended("job-" + n).path("status").asString()).isEqualTo("completed");
        }
        List<Instant> starts = IntStream.range(0, 20)
                .mapToObj(n -> Instant.parse(app.cells("job-" + n)
                        .get("us-east/m0")
                        .path("started_at")
                        .asString()))
                .toList();
        assertThat(starts).isSorted();
        assertThat(job("urgent").path("status").asString()).isEqualTo("completed");
    }

    @Test
    void a_retry_that_is_parked_counts_each_completed_cell_once_and_stays_a_retry() {
        provider.failWith("us-east", 400);
        start();
        assertThat(app.submit(
                                "{\"id\":\"j\",\"prompt\":\"Who?\",\"models\":[\"a\",\"b\"],\"regions\":[\"us-east\",\"eu-west\"]}")
                        .status())
                .isEqualTo(202);
        assertThat(app.ended("j").path("status").asString()).isEqualTo("partial");
        provider.failWith("us-east", 429, "4");
        assertThat(app.post("/api/v1/jobs/j/retry", "{}").status()).isEqualTo(202);
        awaitParked("j");
        assertThat(job("j").path("parked_regions").valueStream().map(JsonNode::asString))
                .containsExactly("us-east");
        assertThat(job("j").at("/duplicates/by_layer/retry").asInt()).isEqualTo(2);
        assertThat(app.jdbc()
                        .sql("SELECT run_cause FROM jobs")
                        .query(String.class)
                        .single())
                .isEqualTo("retry");

        provider.recover("us-east");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("completed");
        assertThat(job("j").at("/duplicates/detected").asInt()).isEqualTo(2);
    }

    @Test
    void a_parked_job_ends_at_its_deadline_and_can_be_cancelled_and_retried() {
        provider.failWith("us-east", 429, "3600");
        start("--beacon.worker.max-jobs=1");
        submit("late", "us-east", 2, ",\"constraints\":{\"timeout\":\"6s\"}");
        awaitParked("late");
        submit("never-begun", "us-east", 2, ",\"constraints\":{\"timeout\":\"3s\"}");
        submit("cancelled", "us-east", 2, "");
        awaitParked("cancelled");
        assertThat(Instant.parse(job("late").path("parked_until").asString()))
                .as("the deadline comes first")
                .isBefore(Instant.now().plusSeconds(7));
        assertThat(app.post("/api/v1/jobs/cancelled/cancel", "").status()).isEqualTo(202);
        assertThat(job("cancelled").has("parked_until")).isFalse();
        assertThat(app.ended("late").path("status").asString()).isEqualTo("failed");
        assertThat(app.ended("never-begun").path("status").asString()).isEqualTo("failed");
        assertThat(app.post("/api/v1/jobs/cancelled/retry", "{}").status()).isEqualTo(202);
        awaitParked("cancelled");
    }

    @Test
    void attempts_before_a_parking_count_against_the_bound() {
        provider.failWith("us-east", 503);
        start(
                "--beacon.inference.max-attempts=3",
                "--beacon.inference.backoff.initial=8s",
                "--beacon.inference.backoff.max=8s");
        submit("j", "us-east", 1, "");
        awaitParked("j");
        assertThat(job("j").path("parked_regions").valueStream().map(JsonNode::asString))
                .containsExactly("us-east");
        assertThat(app.ended("j").path("status").asString()).isEqualTo("failed");
        assertThat(provider.calls()).hasSize(3);
    }

    @Test
    void a_runner_starts_no_more_jobs_of_a_region_than_it_can_serve_and_shows_what_waits() {
        provider.hold("us-east");
        start("--beacon.regions.us-east.max-in-flight=4");
        for (int n = 0; n < 10; n++) {
            submit("job-" + n, "us-east", 6, ",\"constraints\":{\"timeout\":\"60s\"}");
        }
        submit("other", "eu-west", 2, "");
        assertThat(app.ended("other").path("status").asString()).isEqualTo("completed");
        await().until(() -> provider.callsTo("us-east").size() == 4);
        await().until(() -> app.metric("beacon_cells_waiting", "region=\"us-east\"") == 8);
        assertThat(app.metric("beacon_jobs_by_status", "status=\"running\"")).isEqualTo(2);

        provider.latency("us-east", Duration.ofMillis(100));
        provider.release("us-east");
        for (int n = 0; n < 10; n++) {
            assertThat(app.ended("job-" + n).path("status").asString()).isEqualTo("completed");
        }
        assertThat(provider.callsTo("us-east")).hasSize(60);
        await().until(() -> app.metric("beacon_cells_waiting", "region=\"us-east\"") == 0);
    }

    @Test
    void parked_jobs_of_a_region_may_take_half_of_the_queue_and_leave_the_rest_to_others() {
        provider.failWith("us-east", 429, "3600");
        start("--beacon.jobs.max-queued-cells=40");
        for (int n = 0; n < 5; n++) {
            submit("parked-" + n, "us-east", 4, "");
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> app.metric("beacon_jobs_parked", "region=\"us-east\"") == 5);
        provider.hold("eu-west");
        String spec = "{\"id\":\"%s\",\"prompt\":\"Who?\",\"models\":[\"a\"],\"regions\":[\"%s\"]}";
        // What waits is summed up once a second, so a sum from before the last job was parked may let one more in.
        AtomicInteger further = new AtomicInteger();
        await().until(() -> app.submit(spec.formatted("further-" + further.getAndIncrement(), "us-east"))
                        .status()
                == 429);
        assertThat(app.submit(spec.formatted("other", "eu-west")).status()).isEqualTo(202);
        assertThat(app.submit(spec.formatted("one-more", "us-east")).status()).isEqualTo(429);

        for (int n = 0; n < 5; n++) {
            assertThat(app.post("/api/v1/jobs/parked-" + n + "/cancel", "").status())
                    .isEqualTo(202);
        }
        await().until(() -> app.submit(spec.formatted("one-more", "us-east")).status() == 202);
    }
}
