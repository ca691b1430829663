package io.projectbeacon.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.projectbeacon.runner.job.ClosedRegions;
import io.projectbeacon.runner.support.FakeProvider;
import io.projectbeacon.runner.support.FakeProvider.Call;
import io.projectbeacon.runner.support.RunnerApp;
import io.projectbeacon.runner.support.TestServers;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A region that takes no calls is closed for all runners, and an answer to one of them opens it for all. */
class ClosedForAllTest {

    private static final int TRIALS = 2;
    private static final String RUNNERS =
            "SELECT DISTINCT runner FROM executions JOIN jobs ON jobs.id = job_id WHERE jobspec_id LIKE ?";

    private final String database = TestServers.newDatabase();
    private final String redis = TestServers.newRedisUrl();
    private final List<RunnerApp> apps = new ArrayList<>();
    private FakeProvider provider;

    @BeforeEach
    void startProvider() throws IOException {
        provider = FakeProvider.start();
    }

    @AfterEach
    void close() {
        apps.forEach(RunnerApp::close);
        provider.close();
    }

    private RunnerApp start(String... more) {
        List<String> properties = new ArrayList<>(RunnerApp.calling(provider, "us-east"));
        properties.add("--beacon.inference.breaker.trial-calls=" + TRIALS);
        properties.addAll(List.of(more));
        RunnerApp app = RunnerApp.start(database, redis, properties);
        apps.add(app);
        return app;
    }

    private static void submit(RunnerApp app, String name, int jobs) {
        for (int n = 0; n < jobs; n++) {
            assertThat(app.submit("{\"id\":\"%s-%d\",\"prompt\":\"Who?\",\"models\":[\"a\"],\"regions\":[\"us-east\"]}"
                                    .formatted(name, n))
                            .status())
                    .isEqualTo(202);
        }
    }

    private static long count(RunnerApp app, String where) {
        return app.jdbc()
                .sql("SELECT count(*) FROM jobs WHERE " + where)
                .query(Long.class)
                .single();
    }

    private static List<String> runnersOf(RunnerApp app, String name) {
        return app.jdbc().sql(RUNNERS).param(name + "-%").query(String.class).list();
    }

    private long underWay() {
        return provider.calls().stream().filter(call -> call.end() == null).count();
    }

    @Test
    void a_region_that_is_closed_for_both_is_tried_out_by_one_and_its_answer_starts_jobs_on_both() {
        provider.failWith("us-east", 429, "4");
        RunnerApp one = start("--beacon.worker.max-jobs=8");
        RunnerApp two = start("--beacon.worker.max-jobs=8");
        submit(one, "job", 40);
        await().atMost(Duration.ofSeconds(20)).until(() -> count(one, "parked") == 40);
        provider.hold("us-east");
        provider.recover("us-east");
        await().atMost(Duration.ofSeconds(20)).until(() -> underWay() == TRIALS);
        await().during(Duration.ofSeconds(3)).atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(underWay()).isEqualTo(TRIALS);
            assertThat(count(one, "status = 'running'")).isEqualTo(TRIALS);
        });
        assertThat(one.jdbc()
                        .sql("SELECT count(DISTINCT runner) FROM executions WHERE outcome = 'running'")
                        .query(Long.class)
                        .single())
                .as("runners that try the region out")
                .isEqualTo(1);

        provider.latency("us-east", Duration.ofMillis(300));
        provider.release("us-east");
        await().atMost(Duration.ofSeconds(30)).until(() -> count(one, "status = 'completed'") == 40);
        assertThat(runnersOf(one, "job")).hasSize(2);
        assertThat(provider.calls().stream().filter(Call::success)).hasSize(40);
    }

    @Test
    void a_runner_whose_own_pause_lasts_does_not_close_a_region_again_that_another_has_opened() {
        provider.failWith("us-east", 429, "3600");
        RunnerApp paused = start();
        submit(paused, "first", 1);
        await().atMost(Duration.ofSeconds(20)).until(() -> count(paused, "parked") == 1);
        RunnerApp other = start();
        provider.recover("us-east");
        // As if the other runner had been told of a shorter time.
        paused.jdbc()
                .sql("UPDATE closed_regions SET closed_until = clock_timestamp()")
                .update();
        await().atMost(Duration.ofSeconds(20)).until(() -> count(other, "status = 'completed'") == 1);
        await().until(() -> other.jdbc()
                        .sql("SELECT count(*) FROM closed_regions")
                        .query(Long.class)
                        .single()
                == 0);

        submit(paused, "second", 20);
        await().atMost(Duration.ofSeconds(20)).until(() -> count(other, "status = 'completed'") == 21);
        await().during(Duration.ofSeconds(2))
                .until(() -> other.jdbc()
                                .sql("SELECT count(*) FROM closed_regions")
                                .query(Long.class)
                                .single()
                        == 0);
        assertThat(runnersOf(other, "second"))
                .as("the runner whose pause lasts leaves the jobs to the other")
                .hasSize(1)
                .isEqualTo(runnersOf(other, "first"));
    }

    @Test
    void a_runner_that_tries_a_region_out_is_the_only_one_to_until_it_stops_asking() {
        ClosedRegions one = start("--beacon.worker.enabled=false").bean(ClosedRegions.class);
        ClosedRegions two = start("--beacon.worker.enabled=false").bean(ClosedRegions.class);
        one.close("us-east", Duration.ZERO);
        assertThat(one.tryOut("us-east", Duration.ofMinutes(1))).isTrue();
        assertThat(two.tryOut("us-east", Duration.ofMinutes(1))).isFalse();

        one.close("us-east", Duration.ofMillis(1));
        await().until(() -> one.all().get("us-east"));
        assertThat(two.tryOut("us-east", Duration.ofMinutes(1)))
                .as("one trial was refused, but another may be under way")
                .isFalse();
        one.close("us-east", Duration.ofMinutes(1));
        assertThat(one.tryOut("us-east", Duration.ofMillis(1)))
                .as("while its trial lasts, though the region is closed anew")
                .isTrue();
        one.open("us-east");
        one.close("us-east", Duration.ZERO);
        assertThat(two.tryOut("us-east", Duration.ofMillis(1))).isTrue();
        await().until(() -> one.tryOut("us-east", Duration.ofMillis(1)));
    }
}
